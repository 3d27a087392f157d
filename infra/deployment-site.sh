#!/bin/sh
# The app's deployment site refuses everybody. Opens it for this machine alone, or closes it again:
#   infra/deployment-site.sh open GROUP APP [ADDRESS]
#   infra/deployment-site.sh close GROUP APP
# Without ADDRESS the site itself is asked: to whom it refuses, it says from where they came. Needs az, signed in, and curl.
# What was left open is closed by the next deployment of the infrastructure too.
set -eu

usage() {
  echo "deployment-site.sh open GROUP APP [ADDRESS], or close GROUP APP" >&2
  exit 2
}

# The address that the site refuses this machine by; `open` if it lets it in, `unknown` if it does not say.
refused() {
  site=$(az functionapp show --resource-group "$group" --name "$app" --output tsv \
    --query "hostNameSslStates[?hostType=='Repository'].name | [0]")
  curl --silent --show-error --max-time 60 --output /dev/null --dump-header - "https://$site/" | tr -d '[]\r' |
    awk '/^HTTP/ { status = $2; address = "unknown" }
      tolower($1) == "x-ms-forbidden-ip:" { address = $2 }
      END { print status == "403" ? address : status ? "open" : "unknown" }'
}

if [ $# -lt 3 ]; then usage; fi
group=$2 app=$3
case $1 in
open)
  address=${4:-$(refused)}
  case $address in
  open)
    echo "The deployment site of $app lets this machine in already."
    exit 0
    ;;
  unknown)
    echo "The deployment site of $app did not say whom it refuses: give this machine's public address as the fourth word." >&2
    exit 1
    ;;
  *:*) range=$address/128 ;;
  *) range=$address/32 ;;
  esac
  az functionapp config access-restriction add --resource-group "$group" --name "$app" --scm-site true \
    --rule-name deployment --action Allow --ip-address "$range" --priority 100 --output none
  ;;
close)
  az functionapp config access-restriction remove --resource-group "$group" --name "$app" --scm-site true \
    --rule-name deployment --output none
  ;;
*) usage ;;
esac
