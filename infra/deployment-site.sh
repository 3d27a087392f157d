#!/bin/sh
# The app's deployment site refuses everybody. Opens it for this machine alone, or closes it again:
#   infra/deployment-site.sh open|close GROUP APP
# Needs az, signed in, and curl. What was left open is closed by the next deployment of the infrastructure too.
set -eu
group=$2 app=$3
case $1 in
open)
  # Any service that tells the caller's address will do: if it lies, the site is open to an address that still needs a token.
  address=$(curl --fail --silent --show-error https://api.ipify.org)
  az functionapp config access-restriction add --resource-group "$group" --name "$app" --scm-site true \
    --rule-name deployment --action Allow --ip-address "$address/32" --priority 100 --output none
  ;;
close)
  az functionapp config access-restriction remove --resource-group "$group" --name "$app" --scm-site true \
    --rule-name deployment --output none
  ;;
*)
  echo "open or close, then the resource group and the app's name" >&2
  exit 2
  ;;
esac
