#!/usr/bin/env bash
# deps.sh - builds the libraries that `make PLATFORM=windows` links, with mingw-w64, from this
# distribution's source packages. The distribution has no mingw packages of libuv and cJSON.
# Invariant: the system's package lists and sources do not change. PREFIX is either unchanged or
# complete: the stamp, which names the recipe, is written last.
#
#   bash tests/windows/deps.sh PREFIX     (the log is PREFIX/deps.log)
set -eu
prefix=$1
here=$(cd "$(dirname "$0")" && pwd)
# change this text with every change of the build; a prefix with another stamp is built again
recipe="recipe 2: libuv1 cjson zlib cmocka"
stamp=$prefix/stamp
log=$prefix/deps.log

# pkg-config reads the path from its files as shell does, and make reads it from the lists of headers
case $prefix in *[[:space:]\'\"\`\$\#\&\;\:\(\)\%\\]*)
    echo "deps-windows: $prefix: pkg-config and make cannot use this path; set DEPS_WINDOWS to another one" >&2
    exit 2 ;;
esac
[ "$(head -n 1 "$stamp" 2>/dev/null)" = "$recipe" ] && exit 0
for tool in x86_64-w64-mingw32-gcc cmake apt-get dpkg-source; do
    command -v "$tool" >/dev/null || { echo "deps-windows: $tool is missing" >&2; exit 2; }
done
mkdir -p "$prefix/lib/pkgconfig" "$prefix/include/cjson"
prefix=$(cd "$prefix" && pwd)
work=$(mktemp -d "$prefix/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
echo "deps-windows: building libuv, cJSON, zlib and cmocka into $prefix (log: $log)"
exec 3>&1 >"$log" 2>&1
trap 'code=$?; rm -rf "$work"; [ $code = 0 ] || { tail -n 5 "$log"; echo "deps-windows: failed"; } >&3' EXIT

# ---- the sources; apt verifies them like every package ----

. /etc/os-release
keyring=/usr/share/keyrings/$ID-archive-keyring.gpg
case $ID in
debian) mirror=http://deb.debian.org/debian parts=main ;;
*) mirror=http://archive.ubuntu.com/$ID parts="main universe" ;;
esac
mkdir -p "$work/lists/partial" "$work/src"
echo "deb-src [signed-by=$keyring] $mirror $VERSION_CODENAME $parts" >"$work/sources.list"
own=(-q -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$work/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
    -o Acquire::Retries=1 -o APT::Sandbox::User=root)
apt-get "${own[@]}" update
(cd "$work/src" && apt-get "${own[@]}" source libuv1 cjson zlib cmocka)

# ---- build; install a static library, headers and a .pc file for each ----

# build NAME TARGET OPTION...: builds one target of the source directory NAME-*
build() {
    local name=$1 target=$2
    shift 2
    cmake -S "$work/src/$name"-*/ -B "$work/$name" -DCMAKE_TOOLCHAIN_FILE="$here/windows.cmake" \
        -DCMAKE_BUILD_TYPE=Release "$@"
    cmake --build "$work/$name" --target "$target" --parallel "$(nproc)"
}

# pc NAME VERSION-OF LIBS: writes NAME.pc with the version of the source directory VERSION-OF-*
pc() {
    local version
    version=$(basename "$work/src/$2"-*/)
    version=${version#"$2"-}
    printf '%s\n' "Name: $1" "Description: $1, built by tests/windows/deps.sh" "Version: $version" \
        "Cflags: -I$prefix/include" "Libs: -L$prefix/lib $3" >"$prefix/lib/pkgconfig/$1.pc"
    built="${built-} $1-$version"
}

build libuv1 uv_a -DBUILD_TESTING=OFF -DLIBUV_BUILD_TESTS=OFF
cp "$work/libuv1/libuv_a.a" "$prefix/lib/libuv.a"
cp -R "$work"/src/libuv1-*/include/. "$prefix/include"
pc libuv libuv1 "-luv -lpsapi -luser32 -ladvapi32 -liphlpapi -luserenv -lws2_32"

# cJSON's own compiler flags enable a stack protector, which mingw's libraries lack
build cjson cjson -DENABLE_CUSTOM_COMPILER_FLAGS=OFF -DENABLE_CJSON_TEST=OFF -DBUILD_SHARED_LIBS=OFF
cp "$work/cjson/libcjson.a" "$prefix/lib"
cp "$work"/src/cjson-*/cJSON.h "$prefix/include/cjson"
pc libcjson cjson "-lcjson"

build zlib zlibstatic
cp "$work/zlib/libzlibstatic.a" "$prefix/lib/libz.a"
cp "$work"/src/zlib-*/zlib.h "$work/zlib/zconf.h" "$prefix/include"
pc zlib zlib "-lz"

build cmocka cmocka-static -DWITH_STATIC_LIB=ON -DUNIT_TESTING=OFF -DWITH_EXAMPLES=OFF
find "$work/cmocka" -name libcmocka-static.a -exec cp {} "$prefix/lib/libcmocka.a" \;
cp "$work"/src/cmocka-*/include/cmocka.h "$prefix/include"
pc cmocka cmocka "-lcmocka"

printf '%s\n' "$recipe" "$built" >"$stamp"
echo "deps-windows: built$built" >&3
