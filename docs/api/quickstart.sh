. var/partner.env

TOKEN=$(curl -s "$URL/oauth/token" -u "$CLIENT_ID:$CLIENT_SECRET" -d grant_type=client_credentials |
  sed 's/.*"access_token": *"\([^"]*\)".*/\1/')

curl -s "$URL/api/v1/purchases" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{
  "external_id": "QUICK-1", "occurred_at": "2026-11-20T09:30:00Z", "outlet": "'"$OUTLET"'", "currency": "EUR",
  "member": {"kind": "card", "value": "'"$CARD"'"},
  "lines": [{"no": 1, "sku": "MILK", "name": "Milk", "qty_m": 2000, "price": 4495, "amount": 8990}]}'

curl -s "$URL/api/v1/purchases?external_id=QUICK-1" -H "Authorization: Bearer $TOKEN"
