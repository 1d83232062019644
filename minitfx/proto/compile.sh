#!/usr/bin/env bash
# Compile minitfx/proto/*.proto; needs grpcio-tools 1.74 to 1.76 (generated code that
# protobuf 6.31.1 and newer can load). Run from anywhere, commit what it writes.
set -euo pipefail
cd "$(dirname "$0")/../.."
python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. minitfx/proto/*.proto
