package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	engine "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/sharepartner/sharepartner/warehouse"
)

// remedies say what somebody can do about what the engine answers, by its code.
var remedies = map[int32]string{
	75:  "ClickHouse cannot write to its disk: make room there. Nothing of this counts, and it comes again",
	115: "this ClickHouse does not know a setting that the warehouse needs: it is too old, or WAREHOUSE_URL names one that there is not",
	159: "ClickHouse has stopped this after the time that it allows (max_execution_time): allow more, or ask for less",
	164: "the user of WAREHOUSE_URL may only read in ClickHouse (readonly), and the warehouse makes its tables and loads rows: give it one that may write. Nothing was changed",
	241: "ClickHouse has too little memory for this (max_memory_usage, max_server_memory_usage): allow more, or ask for less. Nothing was changed",
	243: "ClickHouse has no room on its disk: make some there. Nothing of this counts, and it comes again",
	497: "the user of WAREHOUSE_URL lacks a right in ClickHouse: grant it what it needs in the warehouse's database (CREATE, ALTER, DROP, SELECT, INSERT). Nothing was changed",
	516: "ClickHouse does not accept user and password of WAREHOUSE_URL: have it accept them again, or set them right and start this program anew",
}

// told adds what can be done about a fault of the engine, and says of what ended with its caller that it did: nothing is
// known of the engine then.
func told(ctx context.Context, err error) error {
	if end := over(ctx); err != nil && end != nil && !errors.Is(err, end) {
		return fmt.Errorf("%w (%s)", end, err.Error())
	}
	if errors.Is(err, engine.ErrAcquireConnTimeout) {
		return fmt.Errorf("%w: all connections to ClickHouse have been in use for a while. Ask again in a moment; max_open_conns in WAREHOUSE_URL allows more", warehouse.ErrBusy)
	}
	var answered *engine.Exception
	if errors.As(err, &answered) {
		remedy, known := remedies[answered.Code]
		switch {
		case answered.Code == codePasswordRefused:
			return fmt.Errorf("%w: %s (%w)", warehouse.ErrRefused, remedy, err)
		case answered.Code == codeUnknownUser:
			return fmt.Errorf("%w: %w", warehouse.ErrRefused, err)
		case known:
			return fmt.Errorf("%w: %s (%w)", warehouse.ErrUnable, remedy, err)
		}
	}
	return err
}

// over says why nobody waits for an answer any more. A line may see the end of that time before the context does.
func over(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && ctx.Err() == nil && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// withoutAddress leaves out the address that cannot be read: there is a password in it.
func withoutAddress(err error) error {
	var unreadable *url.Error
	if errors.As(err, &unreadable) {
		return unreadable.Err
	}
	return err
}
