package pgsource

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

const (
	packetBytes  = 128 << 10
	packetsAhead = 4
	statusEvery  = 2 * time.Second
)

// Packet is a few messages of the stream in their order.
type Packet struct {
	data []byte
	ends []int
}

// Len is the number of messages.
func (p *Packet) Len() int { return len(p.ends) }

// Message is the i-th message, valid until the packet is given back.
func (p *Packet) Message(i int) []byte {
	start := 0
	if i > 0 {
		start = p.ends[i-1]
	}
	return p.data[start:p.ends[i]]
}

func (p *Packet) add(message []byte) {
	p.data = append(p.data, message...)
	p.ends = append(p.ends, len(p.data))
}

// Stream is a running replication. It reads ahead by a few packets and tells the server every few seconds that it
// lives and what is confirmed, also while nobody takes its packets.
type Stream struct {
	conn     *pgconn.HijackedConn
	buffered func() int
	waiting  *waiting
	silence  time.Duration // the server answers every status, so that this long without a word is a dead line

	packets chan *Packet
	free    chan *Packet
	stop    chan struct{}
	kick    chan bool // true: the server shall answer
	once    sync.Once
	wait    sync.WaitGroup
	err     error                 // of the reader; read after packets is closed
	broken  atomic.Pointer[error] // why the reporter closed the socket under the reader

	confirmed atomic.Uint64
}

// Stream goes on from a checkpoint.
func (s *Source) Stream(ctx context.Context, from uint64) (*Stream, error) {
	l, err := s.connect(ctx, true)
	if err != nil {
		return nil, err
	}
	return s.start(ctx, l, from)
}

// begin has the server send from now on.
func (l *link) begin(ctx context.Context, sql string) error {
	ctx, cancel := l.patient(ctx)
	defer cancel()
	l.Frontend().SendQuery(&pgproto3.Query{String: sql})
	if err := l.Frontend().Flush(); err != nil {
		return err
	}
	for {
		message, err := l.ReceiveMessage(ctx)
		if err != nil {
			return because(ctx, err)
		}
		switch m := message.(type) {
		case *pgproto3.ErrorResponse:
			return pgconn.ErrorResponseToPgError(m)
		case *pgproto3.CopyBothResponse:
			return nil
		}
	}
}

// start turns the connection into a stream, or closes it.
func (s *Source) start(ctx context.Context, l *link, from uint64) (*Stream, error) {
	sql := fmt.Sprintf("START_REPLICATION SLOT %s LOGICAL %s (proto_version '2', publication_names '%s', binary 'true', messages 'true')",
		quote(s.o.Slot), FormatLSN(from), quote(s.o.Publication))
	if err := l.begin(ctx, sql); err != nil {
		l.close()
		return nil, fmt.Errorf("start replication from slot %s: %w", s.o.Slot, slotFault(err))
	}
	conn, err := l.Hijack()
	if err != nil {
		l.close()
		return nil, fmt.Errorf("start replication from slot %s: %w", s.o.Slot, err)
	}
	st := &Stream{
		conn: conn, waiting: l.waiting, silence: s.o.Silence, buffered: func() int { return conn.Frontend.ReadBufferLen() + l.buffer.Buffered() },
		packets: make(chan *Packet, packetsAhead), free: make(chan *Packet, packetsAhead+2), stop: make(chan struct{}), kick: make(chan bool, 1),
	}
	st.confirmed.Store(from)
	st.wait.Add(2)
	go st.read()
	go st.report()
	return st, nil
}

// Packets gives what comes; it is closed when the stream ends, and Err says why.
func (st *Stream) Packets() <-chan *Packet { return st.packets }

// Err says why the packets ended.
func (st *Stream) Err() error { return st.err }

// Recycle gives a packet back.
func (st *Stream) Recycle(p *Packet) {
	if cap(p.data) > 4*packetBytes {
		return // one huge row should not stay
	}
	select {
	case st.free <- p:
	default:
	}
}

// Confirm says that everything before lsn is durable elsewhere, so that the server may forget it. With atOnce the
// server is told now (it asked), else within seconds.
func (st *Stream) Confirm(lsn uint64, atOnce bool) {
	if lsn > st.confirmed.Load() {
		st.confirmed.Store(lsn)
	}
	if atOnce {
		select {
		case st.kick <- false:
		default:
		}
	}
}

// Ask has the server say how far it has sent, when it would not before seconds.
func (st *Stream) Ask() {
	select {
	case st.kick <- true:
	default:
	}
}

// Close ends the stream after a last word about what is confirmed.
func (st *Stream) Close() {
	st.once.Do(func() { close(st.stop) })
	st.wait.Wait()
}

func (st *Stream) read() {
	defer st.wait.Done()
	defer close(st.packets)
	p := st.fresh()
	for {
		if st.buffered() == 0 && p.Len() > 0 {
			if !st.send(p) {
				return
			}
			p = st.fresh()
		}
		message, err := st.conn.Frontend.Receive()
		if err == nil {
			switch m := message.(type) {
			case *pgproto3.CopyData:
				p.add(m.Data)
			case *pgproto3.ErrorResponse:
				err = slotFault(pgconn.ErrorResponseToPgError(m))
			case *pgproto3.CopyDone:
				err = errors.New("the server ended the stream")
			}
		}
		if err != nil {
			if cause := st.broken.Load(); cause != nil {
				err = *cause
			}
			st.err = fmt.Errorf("read replication stream: %w", err)
			return
		}
		if len(p.data) >= packetBytes {
			if !st.send(p) {
				return
			}
			p = st.fresh()
		}
	}
}

func (st *Stream) send(p *Packet) bool {
	select {
	case st.packets <- p:
		return true
	case <-st.stop:
		st.err = context.Canceled
		return false
	}
}

func (st *Stream) fresh() *Packet {
	select {
	case p := <-st.free:
		p.data, p.ends = p.data[:0], p.ends[:0]
		return p
	default:
		return &Packet{data: make([]byte, 0, packetBytes+packetBytes/4)}
	}
}

// report writes all that is ever written to the socket, until Close; it alone closes the socket.
func (st *Stream) report() {
	defer st.wait.Done()
	defer func() { _ = st.conn.Conn.Close() }()
	tick := time.NewTicker(statusEvery)
	defer tick.Stop()
	for {
		ask := false
		select {
		case <-st.stop:
			_ = st.status(false)
			return
		case ask = <-st.kick:
		case <-tick.C:
			ask = true
		}
		var err error = &SilentError{For: st.silence}
		if st.waiting.since(st.silence) == 0 {
			err = st.status(ask)
		}
		if err != nil {
			st.broken.Store(&err)
			return
		}
	}
}

// status tells what is confirmed; with ask the server answers with a keepalive.
func (st *Stream) status(ask bool) error {
	lsn := st.confirmed.Load()
	b := make([]byte, 0, 34)
	b = append(b, 'r')
	for range 3 { // written, flushed, applied
		b = binary.BigEndian.AppendUint64(b, lsn)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(time.Now().UnixMicro()-epochMicros))
	if ask {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	_ = st.conn.Conn.SetWriteDeadline(time.Now().Add(st.silence))
	st.conn.Frontend.Send(&pgproto3.CopyData{Data: b})
	return st.conn.Frontend.Flush()
}
