package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestInABrowser signs in and out by clicks in Chromium, if that is
// installed. Unlike the clients of the other tests it enforces what the site
// says of contents, cookies and other sites. SCREENSHOT names a file for a
// picture of the page, if you want to see it.
func TestInABrowser(t *testing.T) {
	w := newWorld(t)
	c := startChromium(t)

	c.do("Page.navigate", map[string]any{"url": w.address + "/"})
	c.await("Page.loadEventFired")
	c.click("#sign-in")
	text := c.text()
	for _, shown := range []string{"Sandra Alder", "Company of Cust12345", "Cust12345", "Nordic Timber & Sons"} {
		assert.Contains(t, text, shown)
	}
	assert.Equal(t, w.address+"/", c.evaluate("location.href"))
	assert.Equal(t, "rgb(10, 94, 88)", c.evaluate("getComputedStyle(document.querySelector('header .name')).color"), "the style sheet counts")
	assert.Empty(t, c.evaluate("document.cookie"), "no script sees the session")
	c.screenshot(os.Getenv("SCREENSHOT"))

	c.click("#sign-out")
	assert.Contains(t, c.text(), "Sign in with SuperOffice")
	c.do("Page.navigate", map[string]any{"url": w.address + "/"})
	c.await("Page.loadEventFired")
	assert.NotContains(t, c.text(), "Sandra Alder")
}

// chromium is a page in Chromium. It is spoken to by the DevTools protocol over
// a pair of pipes: messages in JSON, each ended by a 0.
type chromium struct {
	t       *testing.T
	in      *os.File
	out     *bufio.Reader
	session string
	last    int
	events  []string // that have come and nobody has awaited
}

// message is an answer or an event.
type message struct {
	ID     int
	Method string
	Result json.RawMessage
	Error  *struct{ Message string }
}

// startChromium starts Chromium with a page in it, and keeps it from speaking
// to anybody but this machine.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	binary := findChromium(t)
	profile, err := os.MkdirTemp("", "oauth_web-")
	require.NoError(t, err)
	commands, in, err := os.Pipe()
	require.NoError(t, err)
	out, answers, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.Command(binary, "--headless", "--remote-debugging-pipe", "--user-data-dir="+profile,
		"--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--window-size=1000,700", "about:blank")
	cmd.ExtraFiles = []*os.File{commands, answers} // 3 and 4, as Chromium expects them
	require.NoError(t, cmd.Start())
	_, _ = commands.Close(), answers.Close()
	c := &chromium{t: t, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() {
		_ = in.Close() // which ends Chromium
		_ = cmd.Wait()
		_ = out.Close()
		_ = os.RemoveAll(profile)
	})
	require.NoError(t, out.SetReadDeadline(time.Now().Add(time.Minute)))
	c.open()
	return c
}

func findChromium(t *testing.T) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Chromium is not spoken to over pipes on Windows")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("neither chromium nor google-chrome is installed: the site is not tried in a browser")
	return ""
}

// open opens a page and listens to what becomes of it.
func (c *chromium) open() {
	c.t.Helper()
	var target struct{ TargetID, SessionID string }
	c.read(c.do("Target.createTarget", map[string]any{"url": "about:blank"}), &target)
	c.read(c.do("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}), &target)
	c.session = target.SessionID
	c.do("Page.enable", nil)
}

// do gives a command and returns its result.
func (c *chromium) do(method string, params map[string]any) json.RawMessage {
	c.t.Helper()
	c.last++
	command := map[string]any{"id": c.last, "method": method}
	if params != nil {
		command["params"] = params
	}
	if c.session != "" {
		command["sessionId"] = c.session
	}
	text, err := json.Marshal(command)
	require.NoError(c.t, err)
	_, err = c.in.Write(append(text, 0))
	require.NoError(c.t, err)
	for {
		m := c.next()
		if m.ID == c.last {
			require.Nil(c.t, m.Error, "%s: %+v", method, m.Error)
			return m.Result
		}
		c.events = append(c.events, m.Method)
	}
}

// await waits for an event that nobody has awaited yet.
func (c *chromium) await(event string) {
	c.t.Helper()
	for {
		for len(c.events) > 0 {
			next := c.events[0]
			c.events = c.events[1:]
			if next == event {
				return
			}
		}
		c.events = append(c.events, c.next().Method)
	}
}

func (c *chromium) next() message {
	c.t.Helper()
	text, err := c.out.ReadBytes(0)
	require.NoError(c.t, err, "Chromium has ended, or says nothing")
	var m message
	c.read(text[:len(text)-1], &m)
	return m
}

func (c *chromium) read(text []byte, into any) {
	c.t.Helper()
	require.NoError(c.t, json.Unmarshal(text, into), "%s", text)
}

// click clicks what a selector selects, in its middle, and waits for the page
// to which that leads.
func (c *chromium) click(selector string) {
	c.t.Helper()
	var at struct{ X, Y float64 }
	c.read([]byte(c.evaluate(`(() => {
		const box = document.querySelector("`+selector+`").getBoundingClientRect();
		return JSON.stringify({x: box.x + box.width/2, y: box.y + box.height/2});
	})()`)), &at)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		c.do("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1})
	}
	c.await("Page.loadEventFired")
}

// text is what the page says.
func (c *chromium) text() string {
	c.t.Helper()
	return c.evaluate("document.body.innerText")
}

// evaluate returns the text that an expression gives in the page.
func (c *chromium) evaluate(expression string) string {
	c.t.Helper()
	var found struct{ Result struct{ Value string } }
	c.read(c.do("Runtime.evaluate", map[string]any{"expression": expression}), &found)
	return found.Result.Value
}

// screenshot writes a picture of the page to a file, if one is named.
func (c *chromium) screenshot(file string) {
	c.t.Helper()
	if file == "" {
		return
	}
	var picture struct{ Data string }
	c.read(c.do("Page.captureScreenshot", nil), &picture)
	data, err := base64.StdEncoding.DecodeString(picture.Data)
	require.NoError(c.t, err)
	require.NoError(c.t, os.WriteFile(file, data, 0o600))
}
