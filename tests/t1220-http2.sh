#!/bin/sh
# Many requests over few connections where the server speaks HTTP/2; and as well where it does not.

# shellcheck disable=SC2016,SC2317
CLA_SRCDIR=${CLA_SRCDIR:-$(dirname "$0")/..}
# shellcheck source=tests/lib.sh
. "$CLA_SRCDIR/tests/lib.sh"
PATH=$PATH:/usr/sbin:/sbin
need openssl nginx
# shellcheck source=tests/bench/nginx.sh
. "$tests/bench/nginx.sh"
rtt=0 flight=256

# logged EXPRESSION: how many lines of the log satisfy it; connections EXPRESSION: over how many connections.
logged() {
	awk "$1" "$nginx_log" | wc -l
}
connections() {
	awk "$1 { print \$1 }" "$nginx_log" | sort -u | wc -l
}

nginx_log=$work/http2.log
make_month http2 60 10 500
mkdir "$work/store"
expect 0 'downloaded: 600' 'a month over HTTP/2' --config "$month/config" fetch --month 2024-11
check 'every request came by HTTP/2' same "$(logged '$2 != "HTTP/2.0"')" 0
check 'each file once' same "$(awk '$5 ~ /^.files/ { print $5 }' "$nginx_log" | sort -u | wc -l) $(logged '$5 ~ /^.files/')" '600 600'
check 'each list of documents once' same "$(logged '$5 ~ /documents$/')" 60
check 'nothing failed' same "$(logged '$4 != 200')" 0
api_connections=$(connections "\$3 == $api_port") files_connections=$(connections "\$3 == $files_port")
check "the API: a few connections ($api_connections)" test "$api_connections" -le 3
check "the files: a few connections ($files_connections)" test "$files_connections" -le 6

# A server that closes each connection after a while
nginx_log=$work/closing.log
make_month closing 60 10 500
sed -i 's/keepalive_requests [0-9]*/keepalive_requests 200/' "$month/nginx.conf"
kill -HUP "$nginx_pid"
sleep 1
rm -rf "$work/store/data"
expect 0 'downloaded: 600' 'a server that closes after 200 requests' --config "$month/config" fetch --month 2024-11
files_connections=$(connections "\$3 == $files_port")
check "no storm of connections ($files_connections)" test "$files_connections" -le 200

nginx_log=$work/http1.log nginx_http2=''
make_month http1 60 10 500
rm -rf "$work/store/data"
expect 0 'downloaded: 600' 'a month over HTTP/1.1' --config "$month/config" fetch --month 2024-11
check 'every request came by HTTP/1.1' same "$(logged '$2 != "HTTP/1.1"')" 0
check 'each file once, over HTTP/1.1' same "$(logged '$5 ~ /^.files/')" 600

finish
