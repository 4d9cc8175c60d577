package api

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

var idempotencyParam = &huma.Param{
	Name: "Idempotency-Key", In: "header",
	Description: "A text of your choice that names this very act. Sent again with the same body, the first answer is given again (with Idempotency-Replayed: true) and nothing happens twice.",
	Schema:      &huma.Schema{Type: huma.TypeString},
}

const (
	insertKeySQL = `
		insert into crm.idempotency_key (credential_id, key, org_id, side, request_sha256, created_at)
		values (@credential, @key, @org, @side, @request, @now)
		on conflict (credential_id, key) do nothing`
	// A failure of ours does not stick: the first to come again takes the row over.
	takeOverKeySQL = `
		update crm.idempotency_key set status = null, headers = null, body = null, created_at = @now
		where credential_id = @credential and key = @key and request_sha256 = @request and status >= 500`
	readKeySQL = `
		select request_sha256, status, headers, body, created_at
		from crm.idempotency_key where credential_id = @credential and key = @key`
	storeAnswerSQL = `
		update crm.idempotency_key set status = @status, headers = @headers, body = @body
		where credential_id = @credential and key = @key`
)

const (
	replayWait  = 10 * time.Second // how long a second request waits for the answer of the first
	replayPoll  = 40 * time.Millisecond
	lostAnswer  = 10 * time.Minute // after that the first request is taken for dead
	maxKeyChars = 200
)

// keptHeaders are those that belong to the answer and not to the moment.
var keptHeaders = []string{"Content-Type", "ETag", "Location"}

// keptRights is beside the headers what the one who was answered might see then.
const keptRights = "rights"

// rightsName is the same as long as the actor's rights are: it names them, whatever changes for others.
func rightsName(actor operational.Actor) string {
	if actor.Rights == nil {
		return ""
	}
	mine := *actor.Rights
	mine.Version, mine.Channel = 0, 0
	text, err := json.Marshal(struct {
		Rights     operational.Rights
		Connection uuid.UUID
	}{mine, actor.Connection})
	if err != nil {
		return "" // plain data always marshals
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// repeatable: an answer is not given again to whom it would now show more, or less, than their rights do.
func repeatable(actor operational.Actor, row kept) error {
	if row.Headers[keptRights] == rightsName(actor) {
		return nil
	}
	return operational.Fault(operational.KindConflict, "answer-outdated",
		"This was done when it was first asked for, and not again. What you may see has changed since, so its answer is not repeated. Read the record to see it as it is.")
}

// kept is a row of crm.idempotency_key.
type kept struct {
	Request   []byte            `db:"request_sha256"`
	Status    *int              `db:"status"`
	Headers   map[string]string `db:"headers"`
	Body      []byte            `db:"body"`
	CreatedAt time.Time         `db:"created_at"`
}

// once runs a POST at most once for its key, and answers every further one as the first was answered.
func (a *API) once(w http.ResponseWriter, r *http.Request, key string, body []byte, run func()) {
	ctx, actor := r.Context(), requestOf(r.Context()).actor
	if err := validKey(r, key); err != nil {
		writeProblem(w, answer(ctx, r.Method, err))
		return
	}
	args := pgx.NamedArgs{
		"credential": actor.Credential, "key": key, "org": actor.Org, "side": string(actor.Side), "request": a.fingerprint(r, body),
	}
	mine, err := a.claimKey(ctx, actor, args)
	if err != nil {
		writeProblem(w, answer(ctx, r.Method, err))
		return
	}
	if !mine {
		a.replay(w, r, actor, args)
		return
	}
	rec, ok := w.(*recorder)
	if !ok {
		writeProblem(w, answer(ctx, r.Method, errors.New("an answer cannot be kept without a recorder")))
		return
	}
	rec.keep = &bytes.Buffer{}
	finished := false
	defer func() {
		status := rec.status
		if !finished {
			status = http.StatusInternalServerError // a panic passes by
		}
		// The caller may be gone; what was done is done all the same, and must be found by whoever asks again.
		keepCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err := a.storeAnswer(keepCtx, actor, args, status, rec); err != nil {
			requestOf(ctx).fault = err
		}
	}()
	run()
	finished = true
}

func validKey(r *http.Request, key string) error {
	var faults operational.Faults
	plain := len(key) > 0 && len(key) <= maxKeyChars && len(r.Header.Values("Idempotency-Key")) == 1
	for _, c := range []byte(key) {
		plain = plain && c > ' ' && c < 0x7f
	}
	if !plain {
		faults.Add("header.Idempotency-Key", fmt.Sprintf("must be one text of 1 to %d visible ASCII characters", maxKeyChars), nil)
	}
	return faults.Err()
}

// fingerprint is what makes two requests the same. The boundary of a multipart body is chosen anew by each client
// and says nothing. It is keyed, because a body may hold a password that its digest would let somebody try out.
func (a *API) fingerprint(r *http.Request, body []byte) []byte {
	media, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if boundary := params["boundary"]; boundary != "" {
		body = bytes.ReplaceAll(body, []byte(boundary), nil)
	}
	h := hmac.New(sha256.New, a.prints)
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00%s\x00", r.Method, r.URL.Path, r.URL.RawQuery, media)
	h.Write([]byte(r.Header.Get("If-Match")))
	h.Write([]byte{0})
	h.Write(body)
	return h.Sum(nil)
}

func (a *API) claimKey(ctx context.Context, actor operational.Actor, args pgx.NamedArgs) (mine bool, err error) {
	err = a.deps.DB.InTx(ctx, actor, func(tx *postgres.Tx) error {
		args["now"] = tx.Now
		for _, sql := range []string{insertKeySQL, takeOverKeySQL} {
			tag, err := tx.Exec(ctx, sql, args)
			if err != nil {
				return fmt.Errorf("claim idempotency key: %w", err)
			}
			if mine = tag.RowsAffected() == 1; mine {
				return nil
			}
		}
		return nil
	})
	return mine, err
}

func (a *API) storeAnswer(ctx context.Context, actor operational.Actor, args pgx.NamedArgs, status int, rec *recorder) error {
	headers := map[string]string{keptRights: rightsName(actor)}
	for _, name := range keptHeaders {
		if v := rec.Header().Get(name); v != "" {
			headers[name] = v
		}
	}
	text, err := json.Marshal(headers)
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	// Sealed: one of them shows the secret of an API key, which nobody else may read, not even in a backup.
	args["status"], args["headers"], args["body"] = status, text, a.sealer.Seal(rec.keep.Bytes())
	return a.deps.DB.InTx(ctx, actor, func(tx *postgres.Tx) error {
		if _, err := tx.Exec(ctx, storeAnswerSQL, args); err != nil {
			return fmt.Errorf("keep answer: %w", err)
		}
		return nil
	})
}

// replay waits for the answer of the first request and gives it again.
func (a *API) replay(w http.ResponseWriter, r *http.Request, actor operational.Actor, args pgx.NamedArgs) {
	ctx := r.Context()
	row, err := a.awaitAnswer(ctx, actor, args)
	if err == nil {
		row.Body, err = a.sealer.Open(row.Body)
	}
	if err == nil {
		err = repeatable(actor, row)
	}
	if err != nil {
		writeProblem(w, answer(ctx, r.Method, err))
		return
	}
	delete(row.Headers, keptRights)
	for name, value := range row.Headers {
		w.Header().Set(name, value)
	}
	w.Header().Set("Idempotency-Replayed", "true")
	w.WriteHeader(*row.Status)
	_, _ = w.Write(row.Body) // the caller may be gone
}

func (a *API) awaitAnswer(ctx context.Context, actor operational.Actor, args pgx.NamedArgs) (kept, error) {
	ctx, cancel := context.WithTimeout(ctx, replayWait)
	defer cancel()
	for {
		row, err := a.readKey(ctx, actor, args)
		switch {
		case err != nil:
			return row, err
		case !bytes.Equal(row.Request, args["request"].([]byte)):
			return row, &operational.Error{
				Kind: operational.KindInvalid, Code: "idempotency-key-reused",
				Message: "This Idempotency-Key was used for another request. Nothing was saved. Use a new key for a new act.",
				Fields:  []operational.FieldFault{{Field: "header.Idempotency-Key", Message: "belongs to another request"}},
			}
		case row.Status != nil && *row.Status < http.StatusInternalServerError:
			return row, nil
		case row.Status != nil:
			return row, operational.Fault(operational.KindUnavailable, "first-request-failed", "The first request with this Idempotency-Key failed on our side. Send it again.")
		case a.deps.DB.Now().Sub(row.CreatedAt) > lostAnswer:
			return row, operational.Fault(operational.KindConflict, "outcome-unknown",
				"The first request with this Idempotency-Key never gave its answer. Look whether it had its effect; use a new key to try again.")
		}
		select {
		case <-ctx.Done():
			p := problemOf(http.MethodPost, operational.Fault(operational.KindConflict, "still-at-work", "The first request with this Idempotency-Key is still at work. Ask again in a moment."))
			return row, p.with("Retry-After", "2")
		case <-time.After(replayPoll):
		}
	}
}

func (a *API) readKey(ctx context.Context, actor operational.Actor, args pgx.NamedArgs) (row kept, err error) {
	err = a.deps.DB.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(readKeySQL, args).Query(func(rows pgx.Rows) error {
			row, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[kept])
			return err
		})
	})
	if err != nil {
		return row, fmt.Errorf("read idempotency key: %w", err)
	}
	return row, nil
}
