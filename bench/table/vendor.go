package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/superoffice-go/superoffice/bench"
)

// vendor is the vendor's TypeScript client, in a node of its own.
type vendor struct {
	cmd      *exec.Cmd
	in       io.WriteCloser
	out      *json.Decoder
	versions string
}

const node = "node"

// lacking tells what is missing to run the script at all.
func lacking(script string) string {
	if _, err := exec.LookPath(node); err != nil {
		return "node is not installed"
	}
	if _, err := os.Stat(script); err != nil {
		return "there is no " + script + " here; run this in the folder bench"
	}
	return ""
}

// startVendor starts the client, or tells what is missing for it.
func startVendor(ctx context.Context, script, baseURL string) (_ *vendor, missing string, err error) {
	if missing := lacking(script); missing != "" {
		return nil, missing, nil
	}
	cmd := exec.CommandContext(ctx, node, script, baseURL, bench.Authorization)
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = 5 * time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	v := &vendor{cmd: cmd, in: in, out: json.NewDecoder(bufio.NewReader(out))}
	var hello struct{ Node, Client, Missing string }
	if err := v.out.Decode(&hello); err != nil {
		return nil, "", fmt.Errorf("the vendor's client does not start: %w", errors.Join(err, v.close()))
	}
	if hello.Missing != "" {
		return nil, hello.Missing, v.close()
	}
	v.versions = hello.Client + ", node " + hello.Node
	return v, "", nil
}

func (v *vendor) name() string { return "@superoffice/webapi " + v.versions }

// turn implements contestant. The process counts its own time, as the peers
// here do.
func (v *vendor) turn(_ context.Context, calls, atATime int) (turn, error) {
	if _, err := fmt.Fprintln(v.in, calls, atATime); err != nil {
		return turn{}, err
	}
	var took struct{ Nanoseconds, CPUMicroseconds int64 }
	if err := v.out.Decode(&took); err != nil {
		return turn{}, err
	}
	return turn{calls: calls, wall: time.Duration(took.Nanoseconds), cpu: time.Duration(took.CPUMicroseconds) * time.Microsecond}, nil
}

// close ends the process by the end of its input.
func (v *vendor) close() error {
	_ = v.in.Close()
	return v.cmd.Wait()
}
