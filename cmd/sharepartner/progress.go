package main

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progressTo draws a bar for work that tells how far it is; where nobody watches, it prints a line for each step.
func progressTo(w *os.File, title string) func(done float64, step string) {
	if !term.IsTerminal(int(w.Fd())) {
		last := ""
		return func(done float64, step string) {
			if step != last {
				fmt.Fprintf(w, "%s: %s (%.0f %%)\n", title, step, done*100)
				last = step
			}
		}
	}
	const steps = 1000
	bar := progressbar.NewOptions(steps, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(title),
		progressbar.OptionSetWidth(30), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false))
	return func(done float64, step string) {
		bar.Describe(title + ": " + step)
		_ = bar.Set(int(done * steps)) // a bar that cannot be drawn must not stop the work
	}
}
