#!/bin/sh
# Brings the package into dist/: that of the release that WHEELHOUSE_RELEASE names, such as v1.2.0, or one that is built here.
# Needs curl and sha256sum for a release; Rust, the target x86_64-unknown-linux-musl and musl-tools to build.
set -eu
if [ -z "${WHEELHOUSE_RELEASE:-}" ]; then
  exec cargo xtask package
fi
mkdir -p dist
cd dist
for file in wheelhouse-linux-x64.zip SHA256SUMS; do
  curl --fail --location --silent --show-error --output "$file" \
    "https://github.com/wheelhouse-sync/wheelhouse/releases/download/$WHEELHOUSE_RELEASE/$file"
done
if ! sha256sum --check --ignore-missing SHA256SUMS; then
  rm wheelhouse-linux-x64.zip
  echo "What was downloaded is not what $WHEELHOUSE_RELEASE holds: it was deleted. Try again, and tell the project if it stays so." >&2
  exit 1
fi
