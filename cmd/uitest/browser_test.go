package uitest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browserTime is how long the browser may run in all; then it is killed.
const browserTime = 8 * time.Minute

// startBrowser starts a browser without a window. It ends with the test.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), browserTime)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(world.chromium),
		chromedp.NoSandbox, // it visits this machine alone, and root and containers have none
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.WindowSize(1600, 1400),
	)...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", world.chromium, err)
	}
	return ctx
}

// tab is one page of the UI.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// newTab opens a tab. When the test fails a screenshot of it is left in the
// test's artifacts.
func newTab(t *testing.T, browser context.Context) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	p := &tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		if t.Failed() {
			p.screenshot()
		}
		cancel()
	})
	return p
}

// screenshot leaves a picture of the page in the test's artifacts.
func (p *tab) screenshot() {
	p.t.Helper()
	picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Logf("no screenshot: %v", err)
		return
	}
	file := filepath.Join(p.t.ArtifactDir(), "failed.png")
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		p.t.Logf("no screenshot: %v", err)
		return
	}
	p.t.Logf("a screenshot is in %s", file)
}

// open opens a path of the UI.
func (p *tab) open(path string) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.Navigate(os.Getenv("TEMPORAL_UI_URL")+path)); err != nil {
		p.t.Fatalf("open %s: %v", path, err)
	}
}

// allText is a JavaScript expression for what the page and its frames show. (The
// UI draws Markdown in a frame.)
const allText = `[document, ...[...document.querySelectorAll("iframe")].map(f => f.contentDocument)].map(d => d?.body?.innerText).join("\n")`

// text returns what the page shows, with single blanks for all white space.
func (p *tab) text() (string, error) {
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](allText))
	return strings.Join(strings.Fields(text), " "), err
}

// shows waits until the page shows all the texts.
func (p *tab) shows(wants ...string) {
	p.t.Helper()
	until(p.t, "the page shows "+strings.Join(wants, " and "), func() error { return p.lacks(wants) })
}

// lacks returns an error that names what the page does not show.
func (p *tab) lacks(wants []string) error {
	text, err := p.text()
	if err != nil {
		return err
	}
	for _, want := range wants {
		if !strings.Contains(text, want) {
			return fmt.Errorf("no %q in %q", want, text)
		}
	}
	return nil
}

// element is a JavaScript expression for the first element that the selector
// finds, that can be seen, and that holds the text. (The UI keeps a second copy of
// much, hidden.)
func element(selector, text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(%s)].find(e => e.checkVisibility() && e.textContent.includes(%s))`,
		strconv.Quote(selector), strconv.Quote(text))
}

// has says whether the page has the element.
func (p *tab) has(selector, text string) (bool, error) {
	return chromedp.Run(p.ctx, chromedp.Evaluate[bool]("!!"+element(selector, text)))
}

// click waits for the element, and clicks on it as a mouse does.
func (p *tab) click(selector, text string) {
	p.t.Helper()
	until(p.t, fmt.Sprintf("the page has %s with %q to click on", selector, text), func() error {
		there, err := p.has(selector, text)
		if err == nil && !there {
			err = errors.New("there is none")
		}
		return err
	})
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.JSPath(element(selector, text)))); err != nil {
		p.t.Fatalf("click on %s with %q: %v", selector, text, err)
	}
}

// enter types into the element that has the focus after a click on it.
func (p *tab) enter(selector, keys string) {
	p.t.Helper()
	p.click(selector, "")
	if err := chromedp.Do(p.ctx, chromedp.KeyEvent(keys)); err != nil {
		p.t.Fatalf("type into %s: %v", selector, err)
	}
}
