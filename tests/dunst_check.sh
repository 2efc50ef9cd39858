#!/usr/bin/env bash
# Runs a session of six seconds against a real notification server and reads the bus; then presses a button of
# another session's notification by dunst's own menu, as no other program on the bus can, closes the notification,
# and pauses and resumes the session thirty times.
#
#   xvfb-run -a dbus-run-session -- bash tests/dunst_check.sh PATH_TO_EASEBACK
#
# Needs dunst, Xvfb with xauth, and dbus with its tools. dunst's own history drops notifications that
# were replaced, so what was sent is read from the bus; dunst is asked only for what it still shows.
set -euo pipefail

easeback=$(realpath "${1:?usage: dunst_check.sh PATH_TO_EASEBACK}")
folder=$(mktemp -d)
record=$folder/bus.txt
dunst_pid='' monitor_pid=''
export EASEBACK_DATA_DIR=$folder/data EASEBACK_STATE_DIR=$folder/state EASEBACK_CONFIG_DIR=$folder/config

leave() {
    "$easeback" stop >/dev/null 2>&1 || true # answers the end alert, so that no timer stays
    for pid in $monitor_pid $dunst_pid; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$folder"
}
trap leave EXIT

fail() {
    printf 'dunst check FAILED: %s\n' "$*" >&2
    if [ -s "$folder/notes.tsv" ]; then printf 'the notifications:\n' >&2; cat "$folder/notes.tsv" >&2; fi
    exit 1
}

# until_true WHAT COMMAND…: waits until the command succeeds.
until_true() {
    local what=$1 end=$((SECONDS + 20))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "waited 20 s for $what"
        sleep 0.05
    done
}

# expect WHAT EXPECTED SEEN: fails unless the two are equal.
expect() {
    [ "$2" = "$3" ] || fail "$1: expected '$2', saw '$3'"
}

# mentions WHICH TEXT WORD…: the text has each of the words, in upper or lower case.
mentions() {
    local which=$1 text=${2,,} word
    shift 2
    for word; do
        [[ $text == *"$word"* ]] || fail "$which: expected the words '$word', saw '$text'"
    done
}

server_is_there() {
    dbus-send --session --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus \
        org.freedesktop.DBus.NameHasOwner string:org.freedesktop.Notifications 2>/dev/null |
        grep -q 'boolean true'
}

# The recorded notifications, one on each line: replaces, urgency, summary, body (its lines joined by a space).
notifications() {
    awk '
        function close_note() {
            if (open) print replaces "\t" urgency "\t" strings[3] "\t" strings[4]
            open = 0
        }
        /^(method|signal|error)/ { close_note() }
        /^method call .*member=Notify$/ {
            open = 1; n = nested = 0; replaces = urgency = "-"; delete strings; next
        }
        !open { next }
        # The strings in order: application, icon, summary, body; the id to replace comes after the first.
        /^   string "/ { sub(/^   string "/, ""); strings[++n] = $0; sub(/"$/, "", strings[n]); next }
        /^   uint32 / { replaces = $2; n = 1; next }
        /^   array \[/ { nested = 1 }
        nested { if (/string "urgency"/) { getline; urgency = $NF } next }
        n == 4 { line = $0; sub(/"$/, "", line); strings[4] = strings[4] " " line }
    ' "$record"
}

# The id that the server gave the first notification: the reply to the first Notify.
first_id() {
    awk '
        function part(name) {
            match($0, " " name "=[^ ;]+")
            return substr($0, RSTART + length(name) + 2, RLENGTH - length(name) - 2)
        }
        !asked && /^method call .*member=Notify$/ {
            asked = 1; sender = part("sender"); serial = part("serial"); next
        }
        asked && /^method return / && part("reply_serial") == serial && $0 ~ ("destination=" sender " ") {
            answered = 1; next
        }
        answered && /^   uint32 / { print $2; exit }
    ' "$record"
}

has_five_notifications() { notifications >"$folder/notes.tsv" && [ "$(wc -l <"$folder/notes.tsv")" -ge 5 ]; }

# note N FIELD: a field of the Nth notification, as in `notifications`.
note() { sed -n "${1}p" "$folder/notes.tsv" | cut -f "$2"; }

# dunst starts before any call: a call would make the bus start a server of its own.
# dunst's menu asks a program which button to press: here the one with the wanted label.
printf '#!/bin/sh\ngrep -m1 -F "$(cat "%s")"\n' "$folder/wanted" >"$folder/menu"
chmod +x "$folder/menu"
printf '[global]\n    dmenu = "%s"\n' "$folder/menu" >"$folder/dunstrc"
dunst -conf "$folder/dunstrc" >"$folder/dunst.txt" 2>&1 &
dunst_pid=$!
until_true "dunst's name on the bus" server_is_there
kill -0 "$dunst_pid" 2>/dev/null || fail "dunst ended: $(cat "$folder/dunst.txt")"
dbus-monitor --session "interface='org.freedesktop.Notifications'" "type='method_return'" \
    >"$record" 2>&1 &
monitor_pid=$!
until_true 'the record of the bus' test -s "$record"

code=0
"$easeback" start --heat 2s --cold 1s --rounds 2 --plain \
    >"$folder/out.txt" 2>"$folder/err.txt" </dev/null || code=$?
expect "exit code of start (it said: $(cat "$folder/out.txt" "$folder/err.txt"))" 0 "$code"
until_true 'five notifications' has_five_notifications

expect 'number of notifications' 5 "$(wc -l <"$folder/notes.tsv")"
expect 'what the first replaces' 0 "$(note 1 1)"
id=$(first_id)
[ -n "$id" ] || fail 'expected an answer to the first notification, saw none on the bus'
kinds=(heat cold heat cold)
for n in 1 2 3 4 5; do
    text="$(note $n 3) $(note $n 4)"
    if [ $n -gt 1 ]; then expect "what notification $n replaces" "$id" "$(note $n 1)"; fi
    if [ $n -lt 5 ]; then
        mentions "summary of notification $n" "$(note $n 3)" "${kinds[n - 1]}"
        [ "$(note $n 2)" != 2 ] || fail "urgency of notification $n: expected none or below 2, saw 2"
    fi
    case $n in 1 | 3) mentions "notification $n" "$text" 'low or medium' cover side 'never under' ;; esac
    case $n in [234]) mentions "notification $n" "$text" red blister numb ;; esac
done
mentions 'notification 5' "$text" off
expect 'urgency of the last notification' 2 "$(note 5 2)"
expect 'bubbles that dunst still shows' 1 "$(dunstctl count displayed | tr -d ' ')"

history=$(cat "$EASEBACK_DATA_DIR"/history/*.jsonl) || fail "expected a history in $EASEBACK_DATA_DIR, saw none"
expect 'lines of the history' 1 "$(wc -l <<<"$history")"
mentions 'the record' "$history" '"kind":"session"' '"outcome":"completed"' '"active_s":6'

# press LABEL: presses that button of the notification that is shown.
press() {
    printf '%s' "$1" >"$folder/wanted"
    dunstctl context
}
# Without a session, status exits with 3.
state_is() { grep -q "\"state\": \"$1\"" < <("$easeback" status --json 2>/dev/null || true); }
shows_one() { [ "$(dunstctl count displayed | tr -d ' ')" = 1 ]; }
press_until() {
    press "$1"
    sleep 0.2 # dunst needs a moment to show its menu
    state_is "$2"
}

dunstctl close-all
"$easeback" start --detach --heat 10 --cold 10 2>/dev/null
until_true 'the bubble of the second session' shows_one
for n in $(seq 9); do
    for path in /org/freedesktop/Notifications /somewhere/else; do
        dbus-send --session --type=signal "$path" org.freedesktop.Notifications.ActionInvoked "uint32:$n" string:stop
    done
done
until_true 'the pause by its button' press_until Pause paused
until_true 'the resume by its button' press_until Resume running
until_true 'the bubble after that' shows_one
dunstctl close-all
has_more_notifications() { [ "$(notifications | wc -l)" -gt "$1" ]; }
before=$(notifications | wc -l)
"$easeback" pause 2>/dev/null
until_true 'the next telling' has_more_notifications "$before"
expect 'what follows a bubble that was closed' 0 "$(notifications | tail -n 1 | cut -f 1)"
"$easeback" resume 2>/dev/null
for _ in $(seq 15); do
    "$easeback" pause 2>/dev/null
    "$easeback" resume 2>/dev/null
done
until_true 'one bubble after thirty tellings' shows_one
until_true 'the stop by its button' press_until Stop idle

echo 'dunst check passed: 5 notifications in order, the last one still shown, 1 record; pause, resume and stop by button; 1 bubble after 30 tellings'
