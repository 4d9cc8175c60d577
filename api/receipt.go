package api

import (
	"bytes"
	"compress/flate"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// receipt is what a token holds: enough to ask the same question again and to know the same answer.
type receipt struct {
	Metric      warehouse.Metric `json:"m"`
	Version     int              `json:"v"`
	Engine      string           `json:"e"`
	Ask         warehouse.Ask    `json:"a"`
	PeriodText  string           `json:"t,omitempty"`
	Scope       string           `json:"s"`
	LSN         uint64           `json:"l"`
	CommittedAt time.Time        `json:"c"`
	Result      string           `json:"r"`
	Partial     bool             `json:"p,omitempty"` // a part of the store did not answer
}

// receipts seals and opens them. They are not only signed: the place in the log that is in them is that of all companies.
// The same receipt is the same token, so that a page does not change by being looked at.
type receipts struct{ key []byte }

const (
	receiptNonce = 12
	maxReceipt   = 8 << 10  // as a token
	maxUnpacked  = 64 << 10 // what a token may unpack to
	receiptsPath = "/v1/analytics/receipts/"
)

func (r receipts) sign(body []byte) []byte {
	m := hmac.New(sha256.New, r.key)
	m.Write(body)
	return m.Sum(nil)
}

// cipher is the one of the deployment's receipts.
func (r receipts) cipher() cipher.AEAD {
	key := sha256.Sum256(append([]byte("sealed "), r.key...))
	block, err := aes.NewCipher(key[:])
	if err == nil {
		var c cipher.AEAD
		if c, err = cipher.NewGCM(block); err == nil {
			return c
		}
	}
	panic(fmt.Sprintf("a key of 32 bytes is no key of AES: %v", err))
}

func (r receipts) seal(x receipt) (string, error) {
	text, err := json.Marshal(x)
	if err != nil {
		return "", fmt.Errorf("write receipt: %w", err)
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return "", fmt.Errorf("write receipt: %w", err)
	}
	_, _ = w.Write(text) // a buffer never fails
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("write receipt: %w", err)
	}
	nonce := r.sign(packed.Bytes())[:receiptNonce]
	token := base64.RawURLEncoding.EncodeToString(r.cipher().Seal(nonce, nonce, packed.Bytes(), nil))
	if len(token) > maxReceipt {
		return "", operational.Fault(operational.KindInvalid, "question-too-long", "The filters of this question are too long to be kept in a receipt. Nothing was answered; ask with fewer or shorter values.")
	}
	return token, nil
}

// open reads a token of this scope. A forged one, one of another scope and a random text are the same: not there.
func (r receipts) open(token string, scope warehouse.Scope) (receipt, error) {
	none := operational.NotFound("receipt")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(token) > maxReceipt || len(raw) <= receiptNonce {
		return receipt{}, none
	}
	packed, err := r.cipher().Open(nil, raw[:receiptNonce], raw[receiptNonce:], nil)
	if err != nil {
		return receipt{}, none
	}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxUnpacked))
	if err != nil {
		return receipt{}, none
	}
	var x receipt
	if json.Unmarshal(text, &x) != nil || x.Scope != scope.Fingerprint() {
		return receipt{}, none
	}
	return x, nil
}

// hashOf names a result: the same rows in the same order give the same name.
func hashOf(rows any) (string, error) {
	text, err := json.Marshal(rows)
	if err != nil {
		return "", fmt.Errorf("name a result: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}

// note makes the receipt of an answer.
func note[T any](v *AnalyticsView, metric warehouse.Metric, q question, got warehouse.Answer[T]) (ReceiptNote, error) {
	result, err := hashOf(got.Rows)
	if err != nil {
		return ReceiptNote{}, err
	}
	ask := q.ask
	ask.UntilLSN = got.Watermark.LSN
	token, err := v.analytics.receipts.seal(receipt{
		Metric: metric, Version: warehouse.Definitions[metric].Version, Engine: v.analytics.store.Engine(), Ask: ask, PeriodText: q.period.Text,
		Scope: v.scope.Fingerprint(), LSN: got.Watermark.LSN, CommittedAt: got.Watermark.CommittedAt, Result: result, Partial: len(got.Missing) > 0,
	})
	if err != nil {
		return ReceiptNote{}, err
	}
	params := got.Params
	if params == nil {
		params = map[string]any{}
	}
	return ReceiptNote{ID: token, SQL: got.SQL, Parameters: params, URL: receiptsPath + token, RowsURL: receiptsPath + token + "/rows"}, nil
}
