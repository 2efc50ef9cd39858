#!/bin/sh
# Cuts the power of a heating pad when no heat is due, by Home Assistant's HTTP interface. Needs curl. It only switches
# off: switch the pad on by hand. A pad with a memory may heat again when the power returns; try yours first.
#
#   [hooks]
#   swap    = ["/path/to/plug.sh", "http://homeassistant.local:8123", "switch.heating_pad", "/home/me/.ha-token"]
#
# and the same for overdue, pause and end. The last word is a file that holds a long-lived access token and that only
# you can read (chmod 600): on a command line others could read the token.
set -eu
server=${1:?the address of Home Assistant is missing}
switch=${2:?the name of the switch is missing}
token=${3:?the file with the token is missing}
case $EASEBACK_EVENT:$EASEBACK_KIND in
    start:* | warn:* | resume:* | swap:heat) exit 0 ;;
    overdue:heat)
        # A swap to heat that is not confirmed yet, or a check: heat may go on for its planned time.
        if [ "$EASEBACK_REMAINING" -gt 0 ] && [ "$EASEBACK_CRITICAL" = 0 ]; then exit 0; fi
        ;;
esac
printf 'Authorization: Bearer %s\n' "$(cat "$token")" |
    curl --fail --silent --show-error --max-time 8 --output /dev/null \
        --header @- --header 'Content-Type: application/json' \
        --data-raw "{\"entity_id\": \"$switch\"}" "${server%/}/api/services/switch/turn_off"
