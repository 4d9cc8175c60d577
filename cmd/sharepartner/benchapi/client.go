package benchapi

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
)

// client speaks as much HTTP as a kept-open connection needs: on two processors a full client would take a good part of
// what is measured, as pgbench does not.
type client struct {
	addr   string
	conn   net.Conn
	reader *bufio.Reader
	out    []byte
}

func (c *client) get(path, key string) error {
	if c.conn == nil {
		conn, err := net.Dial("tcp", c.addr)
		if err != nil {
			return err
		}
		c.conn, c.reader = conn, bufio.NewReaderSize(conn, 64<<10)
	}
	c.out = append(c.out[:0], "GET "...)
	c.out = append(c.out, path...)
	c.out = append(c.out, " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer "...)
	c.out = append(c.out, key...)
	c.out = append(c.out, "\r\n\r\n"...)
	if _, err := c.conn.Write(c.out); err != nil {
		return err
	}
	return c.answer(path)
}

var contentLength = []byte("Content-Length: ")

// answer reads a reply; one that is not of status 200 is an error.
func (c *client) answer(path string) error {
	status, err := c.reader.ReadSlice('\n')
	if err != nil {
		return err
	}
	good := bytes.HasPrefix(status, []byte("HTTP/1.1 "+strconv.Itoa(http.StatusOK)))
	said := string(status)
	length := -1
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			break
		}
		if bytes.HasPrefix(line, contentLength) {
			if length, err = strconv.Atoi(string(line[len(contentLength):])); err != nil {
				return err
			}
		}
	}
	if !good {
		return fmt.Errorf("%s: %s", path, bytes.TrimSpace([]byte(said)))
	}
	if length < 0 {
		return c.chunks()
	}
	_, err = io.CopyN(io.Discard, c.reader, int64(length))
	return err
}

// chunks reads a reply that says its length piece by piece.
func (c *client) chunks() error {
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		length, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 64)
		if err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, c.reader, length+2); err != nil || length == 0 {
			return err
		}
	}
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
	}
}
