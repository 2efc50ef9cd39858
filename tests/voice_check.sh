#!/usr/bin/env bash
# A rehearsal, spoken by a real espeak-ng into files: every sentence is spoken, in order, none while another is being
# spoken, and within its time limit. Speaking takes as long as it would on a loudspeaker.
#
#   bash tests/voice_check.sh PATH_TO_EASEBACK
set -euo pipefail

easeback=$(realpath "${1:?usage: voice_check.sh PATH_TO_EASEBACK}")
work=$(mktemp -d)
export EASEBACK_DATA_DIR=$work/data EASEBACK_STATE_DIR=$work/state EASEBACK_CONFIG_DIR=$work/config
trap '"$easeback" stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
mkdir -p "$work/config" "$work/said" "$work/sounds"

# seconds WAV: its length; 16 bits, one channel, the rate in bytes 24 to 27.
cat >"$work/seconds" <<'SECONDS'
#!/bin/sh
rate=$(od -An -tu4 -j24 -N4 "$1" | tr -d ' ')
tenths=$((($(stat -c %s "$1") - 44) * 5 / rate))
printf '%d.%d\n' $((tenths / 10)) $((tenths % 10))
SECONDS
# Records when it starts and ends; if it is killed, there is no end. Files are numbered in the order of starting.
cat >"$work/voice" <<VOICE
#!/bin/sh
read -r now rest </proc/uptime
n=\$(printf '%03d' \$((\$(ls "$work/said" | grep -c txt) + 1)))
printf '%s\n' "\$1" >"$work/said/\$n.txt"
printf 'begin %s %s\n' "\$n" "\$now" >>"$work/times"
espeak-ng -w "$work/said/\$n.wav" -- "\$1"
sleep "\$("$work/seconds" "$work/said/\$n.wav")"
read -r now rest </proc/uptime
printf 'end %s %s\n' "\$n" "\$now" >>"$work/times"
VOICE
chmod +x "$work/voice" "$work/seconds"
cat >"$work/config/config.toml" <<SETTINGS
[sound]
player = ["cp", "{file}", "$work/sounds/"]
[speech]
command = ["$work/voice", "{text}"]
SETTINGS

# A swap may interrupt speech; at this speed the first message is spoken to its end.
"$easeback" start --rehearse=30 --rounds 1 --heat 12 --cold 10 --no-notify --plain >"$work/out" 2>"$work/err"
for ((tries = 0; tries < 300; tries++)); do
    last=$(tail -n 1 "$work/times")
    if grep -qs '^Rehearsal. Done' "$work"/said/*.txt && [ "${last%% *}" = end ]; then break; fi
    sleep 0.1
done
"$easeback" stop >/dev/null 2>&1 || true

failed=0
for text in "$work"/said/*.txt; do
    wav=${text%.txt}.wav
    words=$(wc -w <"$text")
    if ! seconds=$("$work/seconds" "$wav" 2>/dev/null); then echo "no words came out: $(cat "$text")"; failed=1; continue; fi
    printf '%5s s, %2d words: %s\n' "$seconds" "$words" "$(cat "$text")"
    tenths=${seconds/./}
    limit=$((words * 5 > 200 ? words * 5 : 200))
    if [ "$((10#$tenths))" -lt 5 ] || [ "$((10#$tenths))" -ge "$limit" ]; then failed=1; fi
done

# Each message starts after the one before has ended, or was interrupted and never ends.
said='' before='' milestones=0
while read -r what n _; do
    if [ "$what" = begin ] && grep -q ' left\.$' "$work/said/$n.txt"; then
        milestones=$((milestones + 1))
    elif [ "$what" = begin ]; then
        said+="$(cut -d' ' -f2-4 "$work/said/$n.txt"); "
    elif [ "$n" != "$before" ]; then
        echo "$n was spoken while $before was"
        failed=1
    fi
    before=$n
done <"$work/times"
order='Heat now, twelve; In two minutes:; Heat is done.; Done. Take the; '
if [ "$said" != "$order" ]; then echo "expected '$order', heard '$said'"; failed=1; fi
# At this speed most milestones are dropped while something else is being spoken.
if [ "$milestones" -lt 1 ]; then echo "only $milestones milestones were spoken"; failed=1; fi
if ! grep -q '^end 001 ' "$work/times"; then echo 'the beginning was cut off'; failed=1; fi

for sound in heat cold end; do
    if ! cmp -s "$work/sounds/$sound.wav" "$work/state/sounds/$sound.wav"; then echo "no sound for $sound"; failed=1; fi
done
if grep 'failed' "$work/err" "$work/out"; then failed=1; fi
exit $failed
