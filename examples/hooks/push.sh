#!/bin/sh
# Sends easeback's alerts to a phone, by ntfy's protocol: one HTTP POST each. Needs curl.
#
#   [hooks]
#   swap    = ["/path/to/push.sh", "https://ntfy.sh/a-name-that-nobody-guesses"]
#   overdue = ["/path/to/push.sh", "https://ntfy.sh/a-name-that-nobody-guesses"]
#   end     = ["/path/to/push.sh", "https://ntfy.sh/a-name-that-nobody-guesses"]
#
# Anyone who knows the name can read the alerts: choose a long one, or use a server of your own.
set -eu
topic=${1:?the address to send to is missing}
title=$(printf '%s' "$EASEBACK_TITLE" | tr -d '\r\n')
priority=default
if [ "$EASEBACK_EVENT" = overdue ]; then priority=high; fi
if [ "$EASEBACK_CRITICAL" = 1 ]; then priority=urgent; fi
exec curl --fail --silent --show-error --max-time 8 --output /dev/null \
    --header "Title: $title" --header "Priority: $priority" --header "Tags: alarm_clock" \
    --data-raw "$EASEBACK_TEXT" "$topic"
