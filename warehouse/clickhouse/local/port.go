package local

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

var errPortTaken = errors.New("somebody else listens on the port of the engine")

// FreePort gives a port of the loopback interface where nobody listens, of those from which the kernel takes none for
// connections: a server that was killed finds its own free when it comes back.
func FreePort() (int, error) {
	var last error
	for range 100 {
		port := 20000 + rand.IntN(12000)
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err == nil {
			return port, l.Close()
		}
		last = err
	}
	return 0, fmt.Errorf("find a free port: %w", last)
}

// state is the letter of a process in /proc/PID/stat, after its name in brackets.
func state(stat []byte) byte {
	at := bytes.LastIndexByte(stat, ')')
	if at < 0 || at+2 >= len(stat) {
		return 0
	}
	return stat[at+2]
}
