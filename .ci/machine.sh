# Sourced by the scripts beside it: how do they speak, and how do they change the machine?

# On standard error, because standard output may be somebody's input.
say() {
    printf '\n== %s\n' "$*" >&2
}

fail() {
    printf 'muster: %s\n' "$*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo --non-interactive "$@"; fi
}

apt_install() {
    say "Installing $*"
    as_root apt-get update --quiet=2 >&2
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --quiet=2 --yes --no-install-recommends "$@" >&2
}
