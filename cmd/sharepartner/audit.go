package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational/audit"
)

type auditCommand struct {
	Verify auditVerify `cmd:"" help:"Compute every link of the audit again and name the first that is broken."`
	Anchor auditAnchor `cmd:"" help:"Print the heads of the audit, a line of JSON each, to be kept elsewhere."`
}

type auditVerify struct {
	Config
	Org     string `help:"Name or id of the only organisation to verify."`
	Anchors string `help:"File with heads that were printed earlier: the chains must still lead through them." type:"existingfile"`

	out io.Writer // nil: standard output
}

// Run verifies; a broken chain is an error, so that a script notices.
func (c *auditVerify) Run(ctx context.Context) error {
	var kept []audit.Anchor
	if c.Anchors != "" {
		text, err := os.ReadFile(c.Anchors)
		if err != nil {
			return fmt.Errorf("read anchors: %w", err)
		}
		if kept, err = readAnchors(text); err != nil {
			return fmt.Errorf("read anchors in %s: %w", c.Anchors, err)
		}
	}
	return withChain(ctx, c.Config, c.Org, func(chain *audit.Chain, only *uuid.UUID) error {
		found, err := chain.Verify(ctx, only, kept...)
		if err != nil {
			return err
		}
		return report(printer(c.out), found)
	})
}

func printer(out io.Writer) io.Writer {
	if out == nil {
		return os.Stdout
	}
	return out
}

// report prints a line for each chain.
func report(w io.Writer, found []audit.Verified) error {
	broken := 0
	for _, v := range found {
		switch {
		case v.Fault != nil:
			broken++
			fmt.Fprintf(w, "broken  %s (%s): %s\n", v.Name, v.Org, v.Fault.Text)
		case v.Events == 0:
			fmt.Fprintf(w, "empty   %s (%s)%s\n", v.Name, v.Org, waiting(v.Waiting))
		default:
			fmt.Fprintf(w, "whole   %s (%s): %d events, the last %s%s\n", v.Name, v.Org, v.Events, v.Head, waiting(v.Waiting))
		}
	}
	if broken > 0 {
		return fmt.Errorf("%d of %d chains are broken. Nothing was changed; keep the database as it is for whoever looks into it", broken, len(found))
	}
	return nil
}

func waiting(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d to be linked", n)
}

type auditAnchor struct {
	Config
	Org string `help:"Name or id of the only organisation."`

	out io.Writer // nil: standard output
}

// Run prints the heads.
func (c *auditAnchor) Run(ctx context.Context) error {
	return withChain(ctx, c.Config, c.Org, func(chain *audit.Chain, only *uuid.UUID) error {
		heads, err := chain.Heads(ctx, only)
		if err != nil {
			return err
		}
		out := json.NewEncoder(printer(c.out))
		for _, h := range heads {
			if h.Events == 0 {
				continue
			}
			if err := out.Encode(h); err != nil {
				return fmt.Errorf("print the head of %s: %w", h.Org, err)
			}
		}
		return nil
	})
}

func readAnchors(text []byte) (anchors []audit.Anchor, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	for {
		var a audit.Anchor
		if err = d.Decode(&a); errors.Is(err, io.EOF) {
			return anchors, nil
		}
		if err != nil {
			return nil, err
		}
		anchors = append(anchors, a)
	}
}

// withChain opens the database and finds the organisation that is named, if one is.
func withChain(ctx context.Context, cfg Config, name string, do func(*audit.Chain, *uuid.UUID) error) error {
	if err := cfg.check(); err != nil {
		return err
	}
	g, err := openGround(ctx, cfg, cfg.logger())
	if err != nil {
		return err
	}
	defer g.Close()
	chain := audit.NewChain(g.Jobs)
	if name == "" {
		return do(chain, nil)
	}
	heads, err := chain.Heads(ctx, nil)
	if err != nil {
		return err
	}
	var org uuid.UUID
	for _, h := range heads {
		if h.Name != name && h.Org.String() != name {
			continue
		}
		if org != uuid.Nil {
			return fmt.Errorf("several organisations are named %q; give the id instead", name)
		}
		org = h.Org
	}
	if org == uuid.Nil {
		return fmt.Errorf("there is no organisation %q; check the name", name)
	}
	return do(chain, &org)
}
