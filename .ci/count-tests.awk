# Adds up surefire's XML reports and the closing lines of other test programs ("[NAME:] N passed, N failed[, N skipped]"),
# names what failed and what was skipped with its reason, and ends with one line of counts. Exit 1 when anything failed.
# -v code=N: how Maven ended; when that is a failure that no test explains, it counts as one.

function attribute(name,    text) {
    if (!match($0, " " name "=\"[^\"]*\"")) return ""
    text = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
    gsub(/&quot;/, "\"", text); gsub(/&apos;/, "'", text); gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text)
    gsub(/(&#10;|&#9;|[ \t])+/, " ", text); sub(/^ /, "", text); gsub(/&amp;/, "\\&", text)
    return substr(text, 1, 400)
}

# An assumption that fails outside a test's method is told as an exception only.
function reason(    text) {
    text = attribute("message")
    if (text == "" && match($0, /<!\[CDATA\[[^:]*: /)) text = substr($0, RSTART + RLENGTH)
    sub(/^Assumption failed: /, "", text)
    return text
}

# The log comes first, the reports after it.
FILENAME !~ /\.xml$/ {
    if ($0 ~ /^([A-Za-z0-9_.\/-]+: )?[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/) {
        line = $0
        sub(/^[^ ]+: /, "", line)
        split(line, word, " ")
        passed += word[1]; failed += word[3]; skipped += word[5]
        if (word[3] > 0) failures[++failure_count] = $0
    } else if ($0 ~ /^skipped: /) {
        skips[++skip_count] = substr($0, 10)
    }
    next
}

/<testsuite / {
    bad = attribute("errors") + attribute("failures")
    passed += attribute("tests") - bad - attribute("skipped")
    failed += bad
    skipped += attribute("skipped")
}

/<testcase / { test = attribute("classname") "." attribute("name"); sub(/^.*\.mayfly\./, "mayfly.", test) }
/<skipped/ { skips[++skip_count] = test ": " reason() }
/<(failure|error)[ >]/ { failures[++failure_count] = test ": " attribute("message") }

END {
    if (code != 0 && failed == 0) { failed = 1; failures[++failure_count] = "the build itself, see above" }
    for (i = 1; i <= skip_count; i++) print "skipped  " skips[i]
    for (i = 1; i <= failure_count; i++) print "FAILED   " failures[i]
    if (passed + failed == 0) { failed = 1; print "FAILED   no test was run" }
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit failed > 0
}
