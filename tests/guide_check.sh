#!/usr/bin/env bash
# Checks how hard the guide is to read: each topic's Flesch-Kincaid grade is at most 6 (a reader of twelve).
#
#   bash tests/guide_check.sh PATH_TO_EASEBACK
#
# Needs `style` from the Debian package diction.
set -euo pipefail

easeback=$(realpath "${1:?usage: guide_check.sh PATH_TO_EASEBACK}")
most=6.0

# The grade of the text on stdin. Tags and bullets are not words, and each line ends a sentence; `style` knows neither.
grade() {
    local said
    said=$(sed -E 's/ *\[[^][]*\]$//; s/^- //; s/:$//; /[^.!?]$/ s/$/./' | LC_ALL=C style)
    sed -nE 's/^ *Kincaid: *(-?[0-9.]+).*/\1/p' <<<"$said" | grep . ||
        { printf 'guide check FAILED: no grade in: %s\n' "$said" >&2; return 1; }
}

is_easy() { awk -v grade="$1" -v most="$most" 'BEGIN { exit !(grade + 0 <= most + 0) }'; }

# The check itself: a hard text must fail.
hard=$(grade <<'END'
- Individuals experiencing progressive neurological deterioration necessitate immediate interdisciplinary evaluation. [X4]
- Contraindications to superficial thermotherapy include peripheral vascular insufficiency and diminished sensation. [X1]
END
)
if is_easy "$hard"; then
    echo "guide check FAILED: a hard text is called easy, grade $hard" >&2
    exit 1
fi
echo "a hard text: $hard"

failed=0
for topic in now help who massage recovery prevention why; do
    text=$("$easeback" guide "$topic")
    grade=$(grade <<<"$text")
    echo "$topic: $grade"
    is_easy "$grade" || { echo "guide check FAILED: '$topic' is over $most" >&2; failed=1; }
done
exit $failed
