#!/bin/sh
# Makes the image that tests build upon: a minimal Debian with the Node and npm that run the tests. No registry is asked.
# make-base-image.sh <name> <folder for what is made on the way> <node> <folder of npm>
set -eu
name=$1 folder=$2 node=$3 npm=$4

exec 9>"$folder/lock"
flock 9
if buildah inspect --type image "$name" >/dev/null 2>&1; then exit 0; fi

root=$(mktemp -d "$folder/root.XXXXXX")
container=
trap 'rm -rf --one-file-system "$root"; [ -z "$container" ] || buildah rm "$container" >/dev/null' EXIT
. /etc/os-release
debootstrap --variant=minbase "$VERSION_CODENAME" "$root"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/doc "$root"/usr/share/locale "$root"/usr/share/man
mkdir -p "$root/usr/local/lib/node_modules"
cp "$node" "$root/usr/local/bin/node"
cp -R "$npm" "$root/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"

container=$(buildah from scratch)
buildah add --quiet "$container" "$root" / >/dev/null
# As the official image has them: what is built upon it must not start "node" as a command.
buildah config --entrypoint '["docker-entrypoint.sh"]' --cmd node \
  --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
buildah commit --quiet "$container" "$name" >/dev/null
