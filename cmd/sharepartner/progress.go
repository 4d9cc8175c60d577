package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progressTo draws a bar for work that tells how far it is.
func progressTo(w io.Writer, title string) func(done float64, step string) {
	const steps = 1000
	bar := progressbar.NewOptions(steps, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(title),
		progressbar.OptionSetWidth(30), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false))
	return func(done float64, step string) {
		bar.Describe(title + ": " + step)
		_ = bar.Set(int(done * steps)) // a bar that cannot be drawn must not stop the work
	}
}
