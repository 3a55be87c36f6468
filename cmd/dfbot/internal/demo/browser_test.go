package demo

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser is a headless Chromium with one tab, and what it has complained of.
type browser struct {
	context.Context
	t *testing.T

	mu         sync.Mutex
	complaints []string
}

// newBrowser starts Chromium with a fresh profile; without one on the PATH the test is skipped.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: a browser takes a while")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "headless-shell"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium on the PATH: `apt-get install chromium` lets the page be tested in a browser")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	var err error
	for range 3 { // a machine with much to do refuses a process now and then
		b := &browser{t: t}
		if b.Context, err = launch(t, ctx, path); err == nil {
			must(t, chromedp.Listen(b, b.hear))
			return b
		}
	}
	t.Skipf("%s does not start here: %v", path, err)
	return nil
}

// launch starts the program with one empty tab. Its profile is in a folder that chromedp takes away, as far as it can:
// helpers of the program may still write there when it has ended, which a test's own folder would take for a failure.
func launch(t *testing.T, ctx context.Context, path string) (context.Context, error) {
	ctx, cancel := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("hide-scrollbars", true))...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx, chromedp.Do(ctx, chromedp.Navigate("about:blank"))
}

// hear notes errors and warnings.
func (b *browser) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, fmt.Sprint(e.Type, " ", len(e.Args)))
	case *cdplog.EventEntryAdded:
		b.complaints = append(b.complaints, e.Entry.Text)
	}
}

// quiet checks that the browser had nothing to complain of.
func (b *browser) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		b.t.Errorf("the browser says: %s", c)
	}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	must(b.t, chromedp.Do(b, steps...))
}

// eval evaluates an expression on the page.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// await waits until an expression is true on the page.
func (b *browser) await(condition string) {
	b.t.Helper()
	eval[bool](b, fmt.Sprintf(`new Promise((ok, no) => {
		const look = () => { if (%s) { watch.disconnect(); ok(true); } };
		const watch = new MutationObserver(look);
		watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
		setTimeout(() => no(new Error("it does not come to that; the page says: " + document.getElementById("live").textContent)), 20000);
		look();
	})`, condition))
}

// focus puts the focus on an element.
func (b *browser) focus(id string) {
	b.t.Helper()
	if !eval[bool](b, fmt.Sprintf(`(document.getElementById(%[1]q)?.focus(), document.activeElement.id === %[1]q)`,
		id)) {
		b.t.Fatalf("%s cannot have the focus", id)
	}
}

func (b *browser) view(width, height int64, scheme string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height, chromedp.EmulateScale(1)))
	_, err := chromedp.Call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	must(b.t, err)
}

// TestBrowser uses the page as a person at a keyboard does.
func TestBrowser(t *testing.T) {
	w := opened(t, Options{})
	p := served(t, w)
	b := newBrowser(t)
	b.view(1280, 900, "light")
	b.do(chromedp.Navigate(p.URL + "files"))

	for _, place := range []struct{ line, comment string }{
		{"RUN pip install -r requirements.txt", "copy-before-install"},
		{`CMD uvicorn main:app --host 0.0.0.0 --port 8000`, "shell-form-command"},
	} {
		under := eval[bool](b, fmt.Sprintf(`(() => {
			const line = [...document.querySelectorAll("tr.add td.code")].find((e) => e.textContent === %q).closest("tr");
			const talk = line.nextElementSibling;
			return talk.matches(".talk") && talk.textContent.includes(%q) && talk.getBoundingClientRect().top >= line.getBoundingClientRect().bottom - 1;
		})()`, place.line, place.comment))
		if !under {
			t.Errorf("the comment on %s is not under its line", place.comment)
		}
	}

	suggestions := eval[int](b, `document.querySelectorAll(".apply").length`)
	first := eval[string](b, `document.querySelector(".apply button").id`)
	nextOpen := eval[string](b, `document.querySelectorAll(".thread.open")[1].id.slice("thread-".length)`)
	b.do(chromedp.KeyEvent(kb.Tab))
	if got := eval[string](b, `document.activeElement.className`); got != "skip" {
		t.Errorf("the first stop of the keyboard is %q, not the link over the head", got)
	}
	for i := 0; eval[string](b, `document.activeElement.id`) != first; i++ {
		if i > 40 {
			t.Fatal("the keyboard does not reach the first suggestion")
		}
		b.do(chromedp.KeyEvent(kb.Tab))
	}
	if width := eval[string](b, `getComputedStyle(document.activeElement).outlineStyle`); width == "none" {
		t.Error("the focus cannot be seen")
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	b.await(fmt.Sprintf(`document.querySelectorAll(".apply").length === %d && !document.querySelector("#page[data-busy]")`, suggestions-1))
	b.await(fmt.Sprintf(`document.getElementById("live").textContent.startsWith("dfbot reviewed %s:")`,
		short(w.Events()[len(w.Events())-1].Head)))
	if at := eval[string](b, `document.activeElement.id`); at != "thread-"+nextOpen {
		t.Errorf("the focus is on %q, not on the next conversation, thread-%s", at, nextOpen)
	}

	b.focus("apply-all")
	b.do(chromedp.KeyEvent(" "))
	b.await(`!document.querySelector(".apply") && !document.querySelector("#page[data-busy]")`)
	b.do(chromedp.Navigate(p.URL + "checks"))
	b.focus("apply-patches")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.await(`document.getElementById("run-title")?.textContent === "dfbot: No findings"`)
	b.quiet()
}

// TestBrowserLife plays the life of the sample at the keyboard: replies, resolves, lets the author push, and has dfbot
// commit what is left.
func TestBrowserLife(t *testing.T) {
	w := opened(t, Options{})
	p := served(t, w)
	b := newBrowser(t)
	b.view(1280, 900, "light")
	b.do(chromedp.Navigate(p.URL + "files"))
	press := func(id string) {
		b.focus(id)
		b.do(chromedp.KeyEvent(kb.Enter))
	}

	threads := eval[[]string](b, `[...document.querySelectorAll(".thread.open")].map((t) => t.id.slice("thread-".length))`)
	eval[bool](b, fmt.Sprintf(`document.getElementById("reply-%s").open = true`, threads[0]))
	b.focus("text-" + threads[0])
	b.do(chromedp.KeyEvent("<b>by design</b>"))
	press("send-" + threads[0])
	b.await(fmt.Sprintf(`[...document.querySelectorAll("#thread-%s .comment")].at(-1).textContent.includes("<b>by design</b>")`, threads[0]))
	press("resolve-" + threads[0])
	b.await(fmt.Sprintf(`document.activeElement.id === "thread-%s"`, threads[1]))

	for n := 1; ; n++ {
		if !eval[bool](b, `!!document.getElementById("push")`) {
			if n != 6 {
				t.Errorf("%d pushes, want 5", n-1)
			}
			break
		}
		press("push")
		b.await(fmt.Sprintf(`!document.querySelector("#page[data-busy]") && (document.getElementById("push")?.textContent ?? "Push 6 ").includes("Push %d ")`, n+1))
		if broken := eval[bool](b, `!!document.querySelector(".tabs .mark.bad")`); broken != (n == 4) {
			t.Errorf("after push %d the check fails: %v", n, broken)
		}
	}

	b.do(chromedp.Navigate(p.URL + "checks"))
	press(eval[string](b, `[...document.querySelectorAll("button[id^=press-]")].at(-1).id`))
	b.await(`!document.querySelector("#page[data-busy]") && !document.querySelector("button[id^=press-]")`)
	b.do(chromedp.Navigate(p.URL))
	said := eval[string](b, `document.getElementById("page").textContent`)
	if !strings.Contains(said, "pressed “Apply all”") {
		t.Error("the conversation does not have the press of the button")
	}
	b.quiet()
}

// TestNarrow has no page wider than its window, and nothing smaller than can be hit.
func TestNarrow(t *testing.T) {
	p := served(t, opened(t, Options{}))
	b := newBrowser(t)
	for _, width := range []int64{320, 390, 1280} {
		b.view(width, 800, "light")
		for _, tab := range []string{"", "files", "checks", "rules/copy-before-install"} {
			b.do(chromedp.Navigate(p.URL + tab))
			if wide := eval[int](b, `document.documentElement.scrollWidth`); int64(wide) > width {
				t.Errorf("/%s is %d pixels wide in a window of %d", tab, wide, width)
			}
			if small := eval[int](b,
				`[...document.querySelectorAll("button")].filter((e) => e.offsetParent && e.offsetHeight < 24).length`); small > 0 {
				t.Errorf("/%s has %d buttons lower than 24 pixels", tab, small)
			}
		}
	}
	b.quiet()
}

// contrast finds text that is too faint for its ground: WCAG 2.2 asks for 4.5 to 1.
const contrast = `(() => {
	const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
	const light = ([r, g, b]) => { const f = (v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
	const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return rgb("white"); };
	const faint = [];
	for (const e of document.querySelectorAll("body *")) {
		if (!e.offsetParent || ![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
		const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))];
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) faint.push(e.tagName + "." + e.className + " " + ratio.toFixed(2) + " " + e.textContent.trim().slice(0, 30));
	}
	return [...new Set(faint)].slice(0, 10);
})()`

// TestScreenshot takes pictures of every tab, wide and narrow, light and dark, and checks that all text can be read.
// They go to the folder of the test's artifacts (go test -artifacts -outputdir DIR). With -update those of the README
// are taken anew.
func TestScreenshot(t *testing.T) {
	w := opened(t, Options{})
	p := served(t, w)
	b := newBrowser(t)
	b.pictures(p, "")
	if *update {
		b.forReadme(p)
	}
	must(t, w.Apply(w.pull.Comments()[0].ID))
	show(t, w)
	b.pictures(p, "-applied")
	for range 4 { // the last of these breaks a COPY
		must(t, w.Push())
		show(t, w)
	}
	b.pictures(p, "-broken")
	b.quiet()
}

// pictures takes one of each tab in each width and scheme.
func (b *browser) pictures(p *Page, suffix string) {
	b.t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 390} {
			b.view(width, 900, scheme)
			for _, tab := range []string{"", "files", "checks"} {
				b.do(chromedp.Navigate(p.URL + tab))
				if faint := eval[[]string](b, contrast); len(faint) > 0 {
					b.t.Errorf("/%s, %s: text too faint:\n%s", tab, scheme, strings.Join(faint, "\n"))
				}
				picture, err := chromedp.Run(b, chromedp.FullScreenshot(100))
				must(b.t, err)
				name := map[string]string{"": "conversation"}[tab] + tab + suffix
				must(b.t, os.WriteFile(filepath.Join(b.t.ArtifactDir(),
					fmt.Sprintf("%s-%d-%s.png", name, width, scheme)), picture, 0o644))
			}
		}
	}
}

// mostPicture is the largest picture for the README, in bytes.
const mostPicture = 300 << 10

// forReadme takes the pictures of the README: a suggestion in its place.
func (b *browser) forReadme(p *Page) {
	b.t.Helper()
	docs := filepath.Join("..", "..", "..", "..", "docs")
	must(b.t, os.MkdirAll(docs, 0o755))
	for scheme, name := range map[string]string{"light": "demo.png", "dark": "demo-dark.png"} {
		b.view(1040, 724, scheme)
		b.do(chromedp.EmulateViewport(1040, 724, chromedp.EmulateScale(2)), chromedp.Navigate(p.URL+"files"))
		eval[bool](b, `(() => {
			document.querySelector(".file").open = false;
			document.activeElement.blur();
			const file = [...document.querySelectorAll(".file h3")].find((e) => e.textContent === "server-go/Dockerfile").closest("details");
			scrollTo(0, file.getBoundingClientRect().top + scrollY - document.querySelector(".bar").offsetHeight - 14);
			return true;
		})()`)
		picture, err := chromedp.Run(b, chromedp.CaptureScreenshot())
		must(b.t, err)
		if len(picture) > mostPicture {
			b.t.Errorf("%s has %d bytes, more than %d", name, len(picture), mostPicture)
		}
		must(b.t, os.WriteFile(filepath.Join(docs, name), picture, 0o644))
	}
}
