#!/bin/sh
# elsewhere.sh - prepares the current folder for a build outside the source tree, as `make -f SOURCE/Makefile` needs it.
# Invariant: nothing is written into the source tree, and nothing into a folder that holds other files.
#
#   sh SOURCE/mk/elsewhere.sh     prints nothing, or why the folder cannot be used
#
# The folder gets links to all of the source tree, except for build/ and results/, which are written to.
refuse() { printf '%s: %s\n' "$here" "$1"; exit 1; }
unset CDPATH # cd would print
source=$(cd -P "$(dirname "$0")/.." && pwd)
here=$(pwd -P)
[ "$source" != "$here" ] || exit 0
if [ -L mk ]; then
    [ "$(cd -P mk/.. && pwd)" = "$source" ] || refuse "builds another source tree; use an empty folder"
elif [ -n "$(ls -A)" ]; then
    refuse "not empty; to build outside the source tree, use an empty folder"
fi

# also of a name that the source tree got since the last time
link() { # NAME...
    for name in "$@"; do
        [ -e "$source/$name" ] && [ ! -L "./$name" ] || continue
        ln -s "$source/$name" "./$name" 2>/dev/null || refuse "cannot write here"
    done
}
names() { (cd "$source" && ls -A) | grep -vxE 'build|results|\.git'; }
IFS='
'
set -f
link $(names)
mkdir -p results 2>/dev/null || refuse "cannot write here"
link results/README.md results/samples $(cd "$source/results" && printf 'results/%s\n' $(ls | grep '\.schema\.json$'))
