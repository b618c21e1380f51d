# source.sh - the source tree in odd places: a folder with any character in its name, a folder that nobody may write
# to, other people's repositories, clones without history. Part of cli.sh.
# shellcheck shell=bash

ODD="it's a \$HOME 한글 (1) & #x %y;"

# make in the folder of the test, not as a part of the make that runs the tests
own_make() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory "$@"; }

# own_git WORDS...: git without the settings of this machine
own_git() { git -c user.name=iobench -c user.email=iobench@localhost -c protocol.file.allow=always "$@"; }

# ---- make ----------------------------------------------------------------------------------------

# copy_source FOLDER: what make needs of the source tree
copy_source() {
    mkdir -p "$1/results" && (cd "$ROOT" && cp -RL Makefile mk base servers bench loadgen plot tests tools "$1") &&
        cp "$ROOT"/results/*.schema.json "$1/results"
}

odd_folder() { # FOLDER
    local tree=$1 to="$1/.. to/\$x" reason=
    (cd "$tree" && own_make -n all tests tests-bsd help install DESTDIR="$to" CFLAGS=-DX="'a b'" >"$TMP/.out" 2>"$TMP/.err" && sh -n "$TMP/.out" 2>>"$TMP/.err") || reason=$(tail -n 1 "$TMP/.err")
    verdict "make -n: in a folder with any character in its name" "${reason:-$(grep -q 'echo-poll' "$TMP/.out" || echo "no command")}"
    reason=
    (cd "$tree" && own_make -j2 build/bin/echo-poll >"$TMP/.out" 2>&1) || reason=$(tail -n 1 "$TMP/.out")
    verdict "make: in a folder with any character in its name" "${reason:-$(limited "$tree/build/bin/echo-poll" --describe 2>&1 | grep -q '"poll"' || echo "the program does not run")}"
    verdict "make: the program does not hold the folder's name" "$(LC_ALL=C grep -cF "한글" "$tree/build/bin/echo-poll" 2>&1 | grep -v '^0$')"
    cp "$BUILT"/{iobench,loadgen} "$BUILT"/echo-* "$tree/build/bin"
    # a single $ is meant as it is; make's own spelling is a double one
    for to in "$to" "${to//\$/\$\$}"; do
        reason=
        rm -rf "$tree/.. to"
        (cd "$tree" && own_make -o all install DESTDIR="$to" PREFIX="/u's r" >"$TMP/.out" 2>&1) || reason=$(tail -n 1 "$TMP/.out")
        verdict "make install DESTDIR=...${to##*/}: as it was given" "${reason:-$(limited "$tree/.. to/\$x/u's r/bin/iobench" list 2>&1 | grep -q '^poll ' ||
            ls -R "$tree/.. to" 2>&1 | head -n 5 | tr '\n' '|')}"
    done
    rm -rf "$tree/.. to"
}

build_elsewhere() { # FOLDER
    local tree=$1 at="$TMP/else$ODD" reason=
    mkdir "$at"
    rm -rf "$tree/build"
    (cd "$tree" && find . | sort) >"$TMP/before"
    (cd "$at" && own_make -f "$tree/Makefile" build/obj/base/rng.o >"$TMP/.out" 2>&1) || reason=$(tail -n 1 "$TMP/.out")
    verdict "make -f SOURCE/Makefile: builds here" "${reason:-$([ -s "$at/build/obj/base/rng.o" ] || echo "there is no object")}"
    verdict "make -f SOURCE/Makefile: writes nothing there" "$(cd "$tree" && find . | sort | diff "$TMP/before" - | head -n 3 | tr '\n' '|')"
    verdict "make -f SOURCE/Makefile: results land here" "$([ ! -L "$at/results" ] && [ -e "$at/results/iobench-result.schema.json" ] || ls -la "$at/results" 2>&1)"
    (cd "$at" && own_make -f "$tree/Makefile" -n all >"$TMP/.out" 2>&1) || reason=$(tail -n 1 "$TMP/.out")
    verdict "make -f SOURCE/Makefile: again" "$reason"
    mkdir "$TMP/taken" && : >"$TMP/taken/x"
    (cd "$TMP/taken" && own_make -f "$tree/Makefile" >"$TMP/.out" 2>&1)
    verdict "make -f SOURCE/Makefile: not among other files" "$([ $? = 2 ] && grep -q "$TMP/taken: not empty" "$TMP/.out" &&
        [ "$(ls -A "$TMP/taken")" = x ] || { head -n 2 "$TMP/.out"; ls -A "$TMP/taken"; } | tr '\n' '|')"
}

# version_is NAME COMMIT COMMAND...: which commit make finds for the tree in the current folder
version_is() {
    local name=$1 want=$2 got
    shift 2
    "$@" own_make help >/dev/null 2>"$TMP/.err" || { not_ok "$name" "$(tail -n 1 "$TMP/.err")"; return; }
    got=$(sed -nE 's/.*git_commit.*"(.*)";/\1/p' build/obj/version.c)
    verdict "$name" "$([ "$got" = "$want" ] || echo "it is $got, not $want")"
}
with_git_dir() { GIT_DIR=$TMP/outer/.git "$@"; }
without() { "$@"; }

whose_commit() { # FOLDER in the folder outer
    local outer=$TMP/outer tree=$1
    own_git init -q "$outer"
    cd "$tree" || return
    version_is "make: no commit in a repository without one" unknown without
    (cd "$outer" && own_git add . && own_git commit -q -m outer)
    version_is "make: the commit of a repository around the source tree is not its own" unknown without
    version_is "make: nor is that of GIT_DIR, as in a hook" unknown with_git_dir
    own_git init -q . && own_git add Makefile && own_git commit -q -m inner
    version_is "make: the commit of the source tree" "$(git rev-parse HEAD)" without
    version_is "make: also in a hook" "$(git rev-parse HEAD)" with_git_dir
    cd "$ROOT" || return
}

# ---- iobench ab --baseline-rev -------------------------------------------------------------------

# programs_in FOLDER: the programs of this build, as if they had been built there
programs_in() { mkdir -p "$1/build/bin" && cp "$BUILT"/{iobench,loadgen,echo-epoll} "$1/build/bin"; }

# A repository of a tree whose build copies the programs. HEAD has two ancestors; "side" has no other branch in it.
make_upstream() { # FOLDER
    mkdir -p "$1/results" "$1/bench"
    cp -RL "$ROOT/bench/suites" "$1/bench" && cp "$ROOT"/results/*.schema.json "$1/results"
    printf 'all:\n\tmkdir -p build/bin && cp %s/echo-epoll %s/loadgen build/bin\n' "$BIN" "$BIN" >"$1/Makefile"
    echo /build/ >"$1/.gitignore"
    (
        cd "$1" && own_git init -q . && own_git checkout -q -b main && own_git add . && own_git commit -q -m 1 &&
            own_git tag v1/a && own_git commit -q --allow-empty -m 2 && own_git commit -q --allow-empty -m 3 &&
            own_git branch 'odd$(x)' && own_git branch feat/x HEAD~1 && own_git checkout -q -b broken &&
            printf 'all:\n\t@echo "no luck" >&2; exit 1\n' >Makefile && own_git commit -q -a -m broken &&
            own_git checkout -q -b side main && own_git commit -q --allow-empty -m side
    )
}

# baseline TREE REV: compares; the exit code in $code
baseline() { limited "$1/build/bin/iobench" ab --baseline-rev "$2" --server epoll -o "$TMP/x.json" >"$TMP/.out" 2>"$TMP/.err"; code=$?; }

baseline_compared() { # NAME TREE REV
    local code
    baseline "$2" "$3"
    verdict "$1" "$([ "$code" = 0 ] && grep -q IDENTICAL "$TMP/.out" || echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
}

# The command that a shallow clone is told to run must do.
advised() { # UPSTREAM CLONE REV
    local name="ab --baseline-rev $3: after the command that was advised" code command
    rm -rf "$2" && own_git clone -q --depth 1 -b side "file://$1" "$2" 2>"$TMP/.err" && programs_in "$2"
    baseline "$2" "$3"
    command=$(sed -nE 's/^iobench ab: --baseline-rev .* fetch (it|the rest): (git fetch .*)$/\2/p' "$TMP/.err")
    if [ "$code" != 2 ] || [ -z "$command" ] || [ "$(wc -l <"$TMP/.err")" != 1 ]; then
        not_ok "$name" "exit code $code: $(tail -n 1 "$TMP/.err")"
        return
    fi
    (cd "$2" && eval "$command" 2>"$TMP/.err") || { not_ok "$name" "$command: $(tail -n 1 "$TMP/.err")"; return; }
    baseline_compared "$name" "$2" "$3"
}

# refused_rev NAME PATTERN TREE REV
refused_rev() {
    local code
    baseline "$3" "$4"
    verdict "$1" "$([ "$code" = 2 ] && [ "$(wc -l <"$TMP/.err")" = 1 ] && grep -qE -e "$2" "$TMP/.err" ||
        echo "exit code $code: $(tail -n 2 "$TMP/.err" | tr '\n' '|')")"
}

revisions() {
    local at="$TMP/git $ODD" up="$TMP/git $ODD/up" rev long
    make_upstream "$up" >"$TMP/.out" 2>&1 || { not_ok "ab --baseline-rev: a repository" "$(tail -n 1 "$TMP/.out")"; return; }
    for rev in HEAD~1 main~1 origin/feat/x v1/a 'odd$(x)'; do advised "$up" "$at/shallow" "$rev"; done
    refused_rev "ab --baseline-rev: what is no revision" '-evil: not a revision$' "$at/shallow" -evil
    own_git clone -q "$up" "$at/whole" && programs_in "$at/whole"
    refused_rev "ab --baseline-rev: beyond the first commit" 'HEAD~99: unknown here$' "$at/whole" HEAD~99
    refused_rev "ab --baseline-rev: a clone with its history stays so" ': git fetch origin nosuch:refs/remotes/origin/nosuch$' "$at/whole" nosuch
    baseline "$at/whole" origin/broken
    rev=$(sed -n 's/.*no luck; see //p; s/.*the build failed: .*; see //p' "$TMP/.err" | tail -n 1)
    verdict "ab --baseline-rev: a revision that does not build" "$([ "$code" = 2 ] && eval "$rev" 2>&1 | grep -q 'no luck' || echo "exit code $code: $(tail -n 1 "$TMP/.err")")"
    GIT_DIR=$TMP/outer/.git baseline_compared "ab --baseline-rev: in a hook of another repository" "$at/whole" HEAD~1
    (cd "$at/whole" && own_git worktree add -q "$at/worktree" HEAD~1 2>/dev/null) && programs_in "$at/worktree"
    baseline_compared "ab --baseline-rev: in a worktree" "$at/worktree" HEAD
    mkdir "$at/else" && ln -s "$at/whole"/{bench,results,Makefile} "$at/else" && programs_in "$at/else"
    baseline_compared "ab --baseline-rev: outside the source tree" "$at/else" v1/a
    verdict "ab --baseline-rev: builds outside the source tree, too" "$(rev=$(git -C "$up" rev-parse v1/a)
        [ -d "$at/else/build/rev/$rev" ] && [ ! -e "$at/whole/build/rev/$rev" ] || ls -d "$at"/*/build/rev/* | tr '\n' '|')"
    own_git init -q "$at/super" && (cd "$at/super" && own_git submodule -q add "$up" sub 2>/dev/null) && programs_in "$at/super/sub"
    baseline_compared "ab --baseline-rev: in a submodule" "$at/super/sub" HEAD~1
    cp -R "$at/whole" "$at/super/copy" && rm -rf "$at/super/copy/.git"
    refused_rev "ab --baseline-rev: in a repository of others" 'the folder copy/ of a git repository of another project$' "$at/super/copy" HEAD
    long=$at/$(printf 'x%.0s' {1..200})/$(printf 'y%.0s' {1..100})
    mkdir -p "$long" && mv "$at/whole" "$long/whole"
    if GIT_TEST_ASSUME_DIFFERENT_OWNER=1 git -C "$long/whole" status >/dev/null 2>&1; then
        skip "ab --baseline-rev: a repository of somebody else" "this git does not mind"
    else
        GIT_TEST_ASSUME_DIFFERENT_OWNER=1 LANGUAGE=de refused_rev "ab --baseline-rev: a repository of somebody else: all that git says" \
            'dubious ownership.* git config --global --add safe\.directory .*x/y*/whole.?$' "$long/whole" HEAD
    fi
}

# ---- another language ----------------------------------------------------------------------------

decimal_commas() {
    local name="a decimal comma" sample="$ROOT/results/samples/every-load-2cpu.json" locale
    mkdir "$TMP/locales"
    if ! localedef -i de_DE -f UTF-8 "$TMP/locales/de_DE.UTF-8" 2>/dev/null || ! command -v gnuplot >/dev/null; then
        skip "$name" "localedef has no de_DE, or gnuplot is missing"
        return
    fi
    for locale in C de_DE.UTF-8; do
        env LOCPATH="$TMP/locales" LC_ALL="$locale" LANGUAGE=de bash -c "$(declare -f awk)"'
            "$1/iobench" plot series "$2" -o "$3" && awk "BEGIN { print 3 / 2, 0.5 + \"2.5\" }"' commas "$BIN" "$sample" "$TMP/$locale.svg" \
            >"$TMP/$locale.out" 2>&1 </dev/null
    done
    verdict "$name: in no plot" "$([ -s "$TMP/C.svg" ] && diff "$TMP/C.svg" "$TMP/de_DE.UTF-8.svg" | head -c 300 || head -n 2 "$TMP/C.out")"
    verdict "$name: nor in these tests" "$([ "$(tail -n 1 "$TMP/de_DE.UTF-8.out")" = "1.5 3" ] || cat "$TMP/de_DE.UTF-8.out")"
}

run_source() {
    local -x GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
    local tree=$TMP/outer/$ODD/iobench
    if ! command -v git >/dev/null || ! command -v make >/dev/null; then
        skip "the source tree in odd places" "git or make is missing"
        return
    fi
    unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
    copy_source "$tree" || { not_ok "the source tree in odd places" "it cannot be copied"; return; }
    decimal_commas
    odd_folder "$tree"
    build_elsewhere "$tree"
    whose_commit "$tree"
    revisions
}
