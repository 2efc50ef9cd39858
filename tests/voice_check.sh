#!/usr/bin/env bash
# A rehearsal, spoken by a real espeak-ng into files: every sentence comes out, and within its limit.
#
#   bash tests/voice_check.sh PATH_TO_EASEBACK
set -euo pipefail

easeback=$(realpath "${1:?usage: voice_check.sh PATH_TO_EASEBACK}")
work=$(mktemp -d)
export EASEBACK_DATA_DIR=$work/data EASEBACK_STATE_DIR=$work/state EASEBACK_CONFIG_DIR=$work/config
trap '"$easeback" stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
mkdir -p "$work/config" "$work/said" "$work/sounds"

cat >"$work/voice" <<VOICE
#!/bin/sh
printf '%s\n' "\$1" >"$work/said/\$\$.txt"
exec espeak-ng -w "$work/said/\$\$.wav" -- "\$1"
VOICE
chmod +x "$work/voice"
cat >"$work/config/config.toml" <<SETTINGS
[sound]
player = ["cp", "{file}", "$work/sounds/"]
[speech]
command = ["$work/voice", "{text}"]
SETTINGS

"$easeback" start --rehearse=300 --rounds 1 --no-notify --plain >"$work/out" 2>"$work/err"
for ((tries = 0; tries < 100; tries++)); do
    if grep -qs '^Rehearsal. Done' "$work"/said/*.txt && [ -s "$work/sounds/end.wav" ]; then break; fi
    sleep 0.1
done
"$easeback" stop >/dev/null 2>&1 || true

failed=0
for text in "$work"/said/*.txt; do
    wav=${text%.txt}.wav
    # 16 bits, one channel: the rate stands in bytes 24 to 27.
    rate=$(od -An -tu4 -j24 -N4 "$wav" 2>/dev/null | tr -d ' ') || true
    if [ -z "$rate" ]; then echo "cut off: $(cat "$text")"; continue; fi
    tenths=$((($(stat -c %s "$wav") - 44) * 5 / rate))
    words=$(wc -w <"$text")
    printf '%3d.%d s, %2d words: %s\n' $((tenths / 10)) $((tenths % 10)) "$words" "$(cat "$text")"
    limit=$((words * 5 > 200 ? words * 5 : 200))
    if [ "$tenths" -lt 5 ] || [ "$tenths" -ge "$limit" ]; then failed=1; fi
done
for sound in heat cold end; do
    if ! cmp -s "$work/sounds/$sound.wav" "$work/state/sounds/$sound.wav"; then echo "no sound for $sound"; failed=1; fi
done
if ! grep -q '^Rehearsal. Done' "$work"/said/*.txt; then echo 'the end was not spoken'; failed=1; fi
if grep 'failed' "$work/err" "$work/out"; then failed=1; fi
exit $failed
