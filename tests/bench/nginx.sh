# shellcheck shell=sh disable=SC2034,SC2154
# nginx.sh - a fast server for the benches: nginx with HTTP/2 that wants client certificates, and a line with latency
# before it. To be sourced behind lib.sh; needs nginx and openssl.

# free_port: one that nobody listens on.
free_port() {
	"$CLA_PYTHON" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# make_certificates DIR: an authority, a server's certificate for localhost, a client's.
make_certificates() {
	(
		cd "$1" || exit 1
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=bench \
			-addext keyUsage=critical,keyCertSign
		for name in server client; do
			openssl req -newkey rsa:2048 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$name"
			echo 'subjectAltName=DNS:localhost,IP:127.0.0.1' >ext
			openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out "$name.pem"
		done
		printf '{"clientId": "bench", "clientSecret": "bench"}\n' >credentials.json
		chmod 600 credentials.json client.key
	) >"$1/openssl.log" 2>&1 || bail_out 'no certificates' "$1/openssl.log"
}

# start_nginx DIR: serves DIR/www; sets $api_port and $files_port. What nginx itself limits by default (streams a
# connection) is left as it is. $nginx_http2 empty: without HTTP/2; $nginx_log: file for a line a request.
nginx_http2=http2 nginx_log=''
start_nginx() {
	api_port=$(free_port) files_port=$(free_port)
	cat >"$1/nginx.conf" <<-END
		$([ "$(id -u)" != 0 ] || echo 'user root;') # the folder is ours alone
		daemon off; worker_processes 1; pid $1/nginx.pid; error_log $1/nginx.log;
		events { worker_connections 4096; }
		http {
			log_format line '\$connection \$server_protocol \$server_port \$status \$request_uri';
			access_log ${nginx_log:-off}${nginx_log:+ line};
			sendfile on; tcp_nopush on; keepalive_requests 10000000; default_type application/json;
			client_body_temp_path $1/t1; proxy_temp_path $1/t2; fastcgi_temp_path $1/t3; uwsgi_temp_path $1/t4; scgi_temp_path $1/t5;
			open_file_cache max=500 inactive=60s; root $1/www;
			ssl_certificate $1/server.pem; ssl_certificate_key $1/server.key; ssl_protocols TLSv1.2 TLSv1.3;
			server {
				listen 127.0.0.1:$api_port ssl $nginx_http2;
				ssl_client_certificate $1/ca.pem; ssl_verify_client on;
				location = /oauth/token { return 200 '{"access_token":"token","expires_in":3600}'; }
				location = /api/v3/transactions { try_files /pages/\$arg_page =404; }
				location / { try_files \$uri @nothing; }
				location @nothing { return 200 '{"content":[],"number":0,"totalElements":0,"totalPages":0,"last":true}'; }
			}
			server {
				listen 127.0.0.1:$files_port ssl $nginx_http2;
				location ~ ^/files/([0-9]+)/ { try_files /files/\$1 =404; }
			}
		}
	END
	nginx -c "$1/nginx.conf" -e "$1/nginx.log" &
	nginx_pid=$!
	children="$children $nginx_pid"
	wait_for_port "$api_port" "$1/nginx.log"
}

wait_for_port() {
	port_tries=0
	until "$CLA_PYTHON" -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1]))).close()' "$1" 2>/dev/null; do
		port_tries=$((port_tries + 1))
		[ "$port_tries" -lt 100 ] || bail_out "nobody listens on port $1" "$2"
		sleep 0.05
	done
}

# start_delay TARGET_PORT MILLISECONDS: sets $delay_port.
start_delay() {
	delay_port=$(free_port)
	"$CLA_BUILDDIR/tests/bench/delay" "$delay_port" "$1" "$2" >"$work/delay.$delay_port" &
	children="$children $!"
	wait_for_port "$delay_port" "$work/delay.$delay_port"
}

# make_month NAME ROWS FILES_A_ROW BYTES [DISTINCT]: data, server, a line of $rtt ms and a configuration for $flight
# requests in flight, in $work/NAME. Sets $month, $api, and $n, the number of requests.
make_month() {
	month=$work/$1
	mkdir "$month"
	make_certificates "$month"
	mkdir "$month/www"
	start_nginx "$month"
	[ "$rtt" = 0 ] || { start_delay "$api_port" "$rtt"; api_port=$delay_port; }
	[ "$rtt" = 0 ] || { start_delay "$files_port" "$rtt"; files_port=$delay_port; }
	api=https://localhost:$api_port files=https://localhost:$files_port
	shift
	n=$(($1 * (1 + $2) + ($1 + 99) / 100))
	"$CLA_PYTHON" "$tests/bench/month.py" "$month" "$files" "$@" || bail_out 'no data'
	: >"$month/urls.pages"
	page=0
	while [ $((page * 100)) -lt "$1" ]; do
		echo "$api/api/v3/transactions?page=$page" >>"$month/urls.pages"
		page=$((page + 1))
	done
	sed -i "s#^#$api#" "$month/urls.documents"
	cat >"$month/config" <<-END
		[defaults]
		data_dir = $work/store/data
		[entity bench]
		country = mx
		tax_id = EKU9003173C9
		name = BENCH
		credentials = $month/credentials.json
		client_cert = $month/client.pem
		client_key = $month/client.key
		ca_file = $month/ca.pem
		base_url = $api
		download_hosts = localhost:$files_port
		max_in_flight = $flight
	END
}
