#!/bin/sh
# Makes .venv ready: "set-up.sh run" for Muster itself, "set-up.sh test" for its tests as well.
# "set-up.sh python" only names an interpreter that is new enough.
#
# A stamp names the files from which .venv was made. It is removed before the first change and
# written last: an interrupted set-up leaves no stamp, so the next call starts afresh. A call that
# finds its stamp has nothing to do, and asks no network.
set -eu
cd "$(dirname "$0")/.."
purpose=$1

fail() {
    echo "muster: $1" >&2
    exit 1
}

version_of() {
    "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null
}

# The folder belongs to the stamp, because a virtual environment does not survive being moved. So
# does the interpreter: where it is broken there is no version, and no stamp has such a name.
stamp_for() {
    echo ".venv/ready-to-$1-$(
        { version_of .venv/bin/python || :; pwd -P
          cat pyproject.toml requirements.lock requirements-dev.lock; } | cksum | tr ' ' -
    )"
}

# Once .venv is made, PYTHON matters only if it names another version.
ready_to() {
    [ -e "$(stamp_for "$1")" ] &&
        [ "$(version_of "${PYTHON:-.venv/bin/python}")" = "$(version_of .venv/bin/python)" ]
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3 python3.13 python3.12 python3.11
    fi
    for candidate; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    found=$(version_of "$1") || found=missing
    fail "needs Python 3.11 or newer, and $1 is $found; name another one with PYTHON=..."
}

# Runs a command, and shows its output only if it failed.
quietly() {
    output=$("$@" 2>&1) || {
        echo "$output" >&2
        fail "the set-up failed at \"$1 $2 $3\", for the reason above; the next call tries again"
    }
}

install() {
    quietly .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"
}

if [ "$purpose" = python ]; then
    find_python
    exit
fi
ready_to "$purpose" && exit 0

python=$(find_python) || exit 1
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python cannot make virtual environments; on Debian: apt-get install python3-venv"

# Set-ups run one after the other; a call that has waited may find all work done.
if command -v flock >/dev/null; then
    exec 9<deploy/set-up.sh
    flock --nonblock 9 || { echo "muster: waiting for another set-up to end" >&2; flock 9; }
    ready_to "$purpose" && exit 0
fi

echo "muster: setting up .venv to $purpose; once, for up to a minute" >&2
if ready_to run; then
    rm -f .venv/ready-to-*
else
    rm -f .venv/ready-to-*
    rm -rf .venv
    quietly "$python" -m venv .venv
fi
# The locks are complete. If pip looked for dependencies by itself, an older pip would take the
# newest version of a package with an extra, and stop because no lock has its hash; any pip would
# miss packages that pyproject.toml leaves out on purpose.
case $purpose in
    run) install --require-hashes --no-deps --requirement requirements.lock ;;
    test) install --require-hashes --no-deps --requirement requirements-dev.lock ;;
esac
# All dependencies are installed by now, so pip fetches no package that is not locked.
install --no-build-isolation --no-deps --editable .
[ "$purpose" = run ] || touch "$(stamp_for run)"
touch "$(stamp_for "$purpose")"
