package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestProcess runs the command as its users do: start, call, interrupt.
func TestProcess(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for name, args := range map[string][]string{"on site": nil, "online": {"-online"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(binary, append([]string{"-addr", "127.0.0.1:0"}, args...)...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			stdout, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			t.Cleanup(func() { _ = cmd.Process.Kill() })

			lines := bufio.NewReader(stdout)
			tryPrinted(t, readUntil(t, lines, "Ctrl-C"))
			if runtime.GOOS == "windows" {
				t.Skip("a process cannot be sent Ctrl-C alone on Windows")
			}
			require.NoError(t, cmd.Process.Signal(os.Interrupt))
			rest, err := io.ReadAll(lines)
			require.NoError(t, err)
			require.NoError(t, cmd.Wait(), "exit status 0 after Ctrl-C")
			assert.Equal(t, "stopped\n", string(rest))
			assert.Empty(t, stderr.String())
		})
	}
}

func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "sosandbox.exe")
	out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return binary
}

func readUntil(t *testing.T, r *bufio.Reader, end string) string {
	t.Helper()
	var text strings.Builder
	for {
		line, err := r.ReadString('\n')
		require.NoError(t, err, "the output ended early: %s", text.String())
		text.WriteString(line)
		if strings.HasPrefix(line, end) {
			return text.String()
		}
	}
}

// tryPrinted makes the call of the printed curl line.
func tryPrinted(t *testing.T, printed string) {
	t.Helper()
	line := regexp.MustCompile(`(?m)^  curl (.*) -d '(.*)' (\S+)$`).FindStringSubmatch(printed)
	require.NotNil(t, line, "no curl line in:\n%s", printed)
	req, err := http.NewRequest(http.MethodPost, line[3], strings.NewReader(line[2]))
	require.NoError(t, err)
	for _, header := range regexp.MustCompile(`-H '([^:]*): ([^']*)'`).FindAllStringSubmatch(line[1], -1) {
		req.Header.Set(header[1], header[2])
	}
	if login := regexp.MustCompile(`-u '([^:]*):([^']*)'`).FindStringSubmatch(line[1]); login != nil {
		req.SetBasicAuth(login[1], login[2])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, res.StatusCode, "%s", body)
	assert.Contains(t, string(body), `"Provider":"nesciunt"`)
}

func TestRunRefusesBadArguments(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	tests := map[string]struct {
		args   []string
		status int
		stderr string
	}{
		"help":           {[]string{"-help"}, 0, "-online"},
		"unknown flag":   {[]string{"-nonsense"}, 2, "nonsense"},
		"stray argument": {[]string{"serve"}, 2, `unexpected argument "serve"`},
		"redirect alone": {[]string{"-redirect", "http://127.0.0.1/"}, 2, "-redirect goes with -online"},
		"address in use": {[]string{"-addr", taken.Addr().String()}, 1, "choose another address with -addr"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			assert.Equal(t, tt.status, run(t.Context(), tt.args, &stdout, &stderr))
			assert.Contains(t, stderr.String(), tt.stderr)
			assert.Empty(t, stdout.String())
		})
	}
}

func TestRunWarnsOffLoopback(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // it starts, and stops at once
	for addr, warned := range map[string]bool{"127.0.0.1:0": false, "0.0.0.0:0": true} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, 0, run(ctx, []string{"-addr", addr}, &stdout, &stderr))
		assert.Equal(t, warned, strings.Contains(stderr.String(), "warning"), addr)
		assert.Equal(t, warned, strings.Contains(stdout.String(), "From other machines: http://"+ownAddress()+":"), addr)
		assert.NotContains(t, stdout.String(), "[::]", "nobody can use that")
	}
}
