package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/sharepartner/sharepartner/cmd/sharepartner/demo"
)

// benchPages scores the pages of the demo channel with Lighthouse, as a signed-in channel leader on a desktop.
func (c *benchCommand) benchPages(ctx context.Context) ([]measurement, error) {
	cfg, done, err := scratchConfig()
	if err != nil {
		return nil, err
	}
	defer done()
	app, err := Start(ctx, cfg, cfg.logger())
	if err != nil {
		return nil, err
	}
	defer app.Stop()
	people, err := demo.Create(ctx, app.demoDeps(), app.Now(), func(float64, string) {})
	if err != nil {
		return nil, err
	}
	if err := app.WaitLoaded(ctx, 2*time.Minute); err != nil {
		return nil, err
	}
	cookie, err := signIn(ctx, "http://"+app.Addr(), people[0])
	if err != nil {
		return nil, err
	}
	var out []measurement
	for _, page := range []string{"/briefing", "/funnel", "/opportunities", "/partners", "/governance/roles", "/governance/audit"} {
		score, err := lighthouse(ctx, "http://"+app.Addr()+page, cookie)
		if err != nil {
			return nil, err
		}
		out = append(out, atLeast("Lighthouse performance, desktop, "+page, score, "of 100", 90))
	}
	return out, nil
}

// signIn posts the sign-in form and gives the session as a Cookie header.
func signIn(ctx context.Context, base string, p demo.Person) (string, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	client := &http.Client{Jar: jar}
	res, err := client.PostForm(base+"/sign-in", url.Values{"email": {p.Email}, "password": {p.Password}})
	if err != nil {
		return "", err
	}
	res.Body.Close()
	at, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	for _, k := range jar.Cookies(at) {
		return k.Name + "=" + k.Value, nil
	}
	return "", fmt.Errorf("sign in as %s: %s and no session", p.Email, res.Status)
}

// lighthouse runs the locked npm package, installing it into its ignored folder first.
func lighthouse(ctx context.Context, page, cookie string) (float64, error) {
	dir := filepath.Join(".tools", "lighthouse")
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		if out, err := exec.CommandContext(ctx, "npm", "--prefix", dir, "ci", "--no-audit", "--no-fund", "--ignore-scripts").CombinedOutput(); err != nil {
			return 0, fmt.Errorf("install Lighthouse: %w: %s", err, out)
		}
	}
	headers, err := json.Marshal(map[string]string{"Cookie": cookie})
	if err != nil {
		return 0, err
	}
	for try := 1; ; try++ {
		score, err := score(ctx, dir, page, string(headers))
		if err == nil || try == 3 { // a trace of the browser goes wrong now and then
			return score, err
		}
	}
}

func score(ctx context.Context, dir, page, headers string) (float64, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "node_modules", ".bin", "lighthouse"), page, "--quiet", "--preset=desktop", "--only-categories=performance",
		"--output=json", "--output-path=stdout", "--extra-headers="+headers,
		"--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync")
	cmd.Stderr = os.Stderr
	if shell, err := exec.LookPath("chromium-headless-shell"); err == nil && os.Getenv("CHROME_PATH") == "" { // Lighthouse does not look for it
		cmd.Env = append(os.Environ(), "CHROME_PATH="+shell)
	}
	raw, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("run Lighthouse on %s: %w", page, err)
	}
	var report struct {
		FinalURL   string `json:"finalDisplayedUrl"`
		Categories struct {
			Performance struct {
				Score float64 `json:"score"`
			} `json:"performance"`
		} `json:"categories"`
	}
	if err := json.Unmarshal(raw, &report); err != nil {
		return 0, fmt.Errorf("read Lighthouse's report: %w", err)
	}
	if report.FinalURL != page {
		return 0, fmt.Errorf("the report on %s is of %s", page, report.FinalURL)
	}
	return report.Categories.Performance.Score * 100, nil
}
