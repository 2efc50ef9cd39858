#!/usr/bin/env bash
# Checks reports in a real browser: accessibility by axe-core, in light and in dark; no sideways scrolling on a
# phone; and on paper, that an episode's sheet is one sheet.
#
#   bash tests/report_check.sh PATH_TO_EASEBACK PATH_TO_AXE
#
# Needs chromium, and pdftotext of poppler. PATH_TO_AXE is axe.min.js of the npm package axe-core; .ci/run has its
# version and downloads it. The checks run in copies of a page: the page itself allows no scripts.
set -euo pipefail

easeback=$(realpath "${1:?usage: report_check.sh PATH_TO_EASEBACK PATH_TO_AXE}")
axe=$(realpath "${2:?usage: report_check.sh PATH_TO_EASEBACK PATH_TO_AXE}")
folder=$(mktemp -d)
leave() {
    local code=$?
    if [ $code -ne 0 ] && [ -s "$folder/said.txt" ]; then tail -5 "$folder/said.txt" >&2; fi
    rm -rf "$folder"
}
trap leave EXIT
cd "$folder"
export EASEBACK_STATE_DIR=$folder/state EASEBACK_CONFIG_DIR=$folder/config

fail() {
    printf 'report check FAILED: %s\n' "$*" >&2
    exit 1
}

# browse ARGUMENT…: a browser with an empty profile and without network access.
browse() {
    timeout 120 chromium --headless --hide-scrollbars --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage \
        --user-data-dir="$(mktemp -d -p "$folder")" "$@" 2>"$folder/browser.txt" ||
        fail "the browser failed: $(tail -5 "$folder/browser.txt")"
}

# A synthetic episode, logged as a person would log it.
few() {
    export EASEBACK_DATA_DIR=$folder/few
    local log=("$easeback" log --session alternate)
    "${log[@]}" --at 75h --rounds 3 --pain-before 8 --pain 6 --onset 78h --region low --side left --trigger lifting
    "$easeback" history edit last --cover towel --posture 'on the back, feet on a chair' --skin 'pink, soon normal'
    "${log[@]}" --at 50h --rounds 2 --pain-before 7 --pain 4
    "$easeback" history edit last --outcome stopped --why 'phone rang' --note $'one line\nand another'
    "$easeback" log --pain 5 'walked to the shop'
    "${log[@]}" --at 26h --heat 15 --cold 10
    echo '{"v":1,"kind":"sess' >>"$EASEBACK_DATA_DIR/history/torn.jsonl"
} >"$folder/said.txt" 2>&1

# A thousand sessions of one episode, with texts of the maximum length.
many() {
    export EASEBACK_DATA_DIR=$folder/many
    mkdir -p "$EASEBACK_DATA_DIR/history"
    awk 'function wide(letter,  text) { text = sprintf("%60s", ""); gsub(/ /, letter, text); return text }
    BEGIN { for (i = 0; i < 1000; i++) {
        at = strftime("%Y-%m-%dT%H:%M:%SZ", 1735718400 + i * 36000, 1)
        printf "{\"v\":1,\"kind\":\"session\",\"id\":\"00000000-0000-7000-8000-%012d\",\"at\":\"%s\"", i, at
        printf ",\"started\":\"%s\",\"ended\":\"%s\",\"outcome\":\"stopped\",\"protocol\":\"alternate\"", at, at
        printf ",\"planned_s\":1800,\"active_s\":1700,\"overdue_s\":100,\"unknown_s\":9,\"pain_before\":7,\"pain_after\":3"
        printf ",\"onset\":\"2025-01-01T05:00:00Z\",\"why\":\"%s\",\"swap\":\"auto\"", wide("W")
        split("region side trigger cover posture skin", field, " ")
        for (f = 1; f <= 6; f++) if (i % 4) printf ",\"%s\":\"%s\"", field[f], wide(substr("WMV", i % 4, 1))
        printf ",\"answers\":{"
        for (a = 0; a < 30; a++) printf "%s\"%s%d\":false", a ? "," : "", wide("Q"), a
        printf "},\"phases\":[{\"kind\":\"heat\",\"round\":1,\"planned_s\":1200,\"actual_s\":1100,\"started\":\"%s\",\"outcome\":\"completed\"}", at
        printf ",{\"kind\":\"cold\",\"round\":1,\"planned_s\":600,\"actual_s\":600,\"started\":\"%s\",\"outcome\":\"completed\"}]}\n", at
    } }' >"$EASEBACK_DATA_DIR/history/many.jsonl"
    echo torn >"$EASEBACK_DATA_DIR/history/torn.jsonl"
}

# report NAME FLAG…: writes a page with that name.
report() { "$easeback" report -o - "${@:2}" 2>"$folder/said.txt" >"$folder/$1.html" || fail "no report: $1"; }

# The same page with scripts allowed.
without_policy() { sed 's/<meta http-equiv="Content-Security-Policy"[^>]*>//'; }

# audit PAGE dark|light: the violations that axe-core finds, one rule on each line.
audit() {
    local copy=$folder/audited.html scheme=1
    if [ "$2" = dark ]; then scheme=0; fi
    {
        without_policy <"$1"
        echo '<script>'
        cat "$axe"
        cat <<'SCRIPT'
</script><script>
axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
   .then(found => {
        const said = found.violations.map(rule => rule.id + ' ' + rule.nodes.length + ' ' + rule.nodes[0].html.slice(0, 120));
        const dark = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
        document.body.textContent = '\nAUDIT ' + [dark, 'passes', found.passes.length].join(' ') + '\n' + said.map(line => 'RULE ' + line.replace(/\s+/g, ' ') + '\n').join('') + 'END\n';
    });
</script>
SCRIPT
    } >"$copy"
    browse --blink-settings=preferredColorScheme=$scheme --virtual-time-budget=60000 --dump-dom "file://$copy" \
        >"$folder/audit.txt"
    grep -q '^END' "$folder/audit.txt" || fail "axe-core came to no end on $1"
    grep -q "^AUDIT $2 passes [1-9][0-9]" "$folder/audit.txt" ||
        fail "expected a page in $2 of which axe-core passes ten rules or more, saw $(grep '^AUDIT' "$folder/audit.txt")"
    sed -n 's/^RULE //p' "$folder/audit.txt"
}

# accessible PAGE: fails if anything is found.
accessible() {
    local scheme found
    for scheme in light dark; do
        found=$(audit "$1" $scheme) || exit 1
        [ -z "$found" ] || fail "axe-core on $(basename "$1"), $scheme: $found"
    done
}

# faulty RULE dark|light SED: with that change, axe-core must find that rule violated.
faulty() {
    local found
    sed "$3" "$folder/few.html" >"$folder/faulty.html"
    ! cmp -s "$folder/few.html" "$folder/faulty.html" || fail "the fault '$3' changes nothing"
    found=$(audit "$folder/faulty.html" "$2") || exit 1
    grep -q "^$1 " <<<"$found" || fail "a fault went unseen: expected $1 in $2, saw '$found'"
}

# narrow PAGE WIDTH: a window of that width needs no sideways scrolling.
narrow() {
    local sides
    {
        printf '<!doctype html><iframe style="width:%spx;height:800px;border:0" srcdoc="' "$2"
        without_policy <"$1" | sed 's/&/\&amp;/g; s/"/\&quot;/g'
        cat <<'SCRIPT'
"></iframe><script>
onload = () => {
    const page = document.querySelector('iframe').contentDocument.documentElement;
    document.body.textContent = '\nWIDTH ' + page.scrollWidth + ' ' + page.clientWidth + '\n';
};
</script>
SCRIPT
    } >"$folder/narrow.html"
    sides=$(browse --virtual-time-budget=20000 --dump-dom "file://$folder/narrow.html" | sed -n 's/^WIDTH //p')
    [ "$sides" = "$2 $2" ] || fail "$(basename "$1") in $2 px: expected '$2 $2', saw '$sides'"
}

# printed PAGE: writes the text of each sheet of paper into page-1.txt and so on; prints their number.
printed() {
    local pages page
    browse --no-pdf-header-footer --print-to-pdf="$folder/page.pdf" "file://$1" >/dev/null
    pages=$(pdfinfo "$folder/page.pdf" | sed -n 's/^Pages: *//p')
    pdfinfo "$folder/page.pdf" | grep -q 'Page size:.*A4' || fail 'expected A4'
    for page in 1 2 "$pages"; do
        pdftotext -f "$page" -l "$page" -layout "$folder/page.pdf" "$folder/page-$page.txt"
    done
    echo "$pages"
}

# one_sheet PAGE: the episode's sheet, from its heading to its last line, fits the first page; then comes the rest.
one_sheet() {
    local pages text
    pages=$(printed "$1") || exit 1
    for text in 'Episode 1 of 1' 'Heat and cold by' 'ain before and after' 'Diary' 'are at the end'; do
        grep -q "$text" "$folder/page-1.txt" || fail "$(basename "$1"): expected '$text' on the first page"
    done
    grep -q 'Figures by' "$folder/page-2.txt" || fail "$(basename "$1"): expected the figures on the second page"
    grep -q 'not a diagnosis and no medical' "$folder/page-$pages.txt" ||
        fail "$(basename "$1"): expected the sources on page $pages"
}

few
report few
report anonymous --anonymous --since 200d
many
report many
report wordy --anonymous --since 2020-01-01 --until today

for page in few anonymous; do accessible "$folder/$page.html"; done
faulty color-contrast light 's/--soft: #525d60/--soft: #c9cdcc/'
faulty color-contrast dark 's/--soft: #a9b4b5/--soft: #3a4143/'
faulty html-has-lang light 's/<html lang="en">/<html>/'
faulty svg-img-alt light 's/aria-labelledby="e1-pains-title" //; s/<title id="e1-pains-title">[^<]*<\/title>//'

for page in few anonymous many; do
    for width in 320 360 640; do narrow "$folder/$page.html" $width; done
done

for page in few anonymous many wordy; do one_sheet "$folder/$page.html"; done
echo 'report check passed: no violation in light and dark, four seeded faults seen, no sideways scrolling, one sheet each'
