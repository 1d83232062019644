"""The message `Filesystem`, which TFX also names outside of `PushDestination`."""

from minitfx.proto.pusher_pb2 import PushDestination

Filesystem = PushDestination.Filesystem
