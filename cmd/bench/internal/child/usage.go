package child

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of the CPU time that Linux tells of a process.
const tick = time.Second / 100

// CPU returns the CPU time that a process has taken. It works on Linux alone.
func CPU(pid int) (time.Duration, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, fmt.Errorf("read the CPU time of a process: %w", err)
	}
	return parseCPU(text)
}

// parseCPU reads utime and stime, the 14th and 15th field. The second is the
// program's name in parentheses, which may hold anything.
func parseCPU(stat []byte) (time.Duration, error) {
	_, rest, found := bytes.Cut(stat, []byte(") "))
	for more := found; more; {
		var after []byte
		if _, after, more = bytes.Cut(rest, []byte(") ")); more {
			rest = after
		}
	}
	fields := strings.Fields(string(rest))
	if !found || len(fields) < 13 {
		return 0, errors.New("read the CPU time of a process: the line is too short")
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read the CPU time of a process: %w", err)
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read the CPU time of a process: %w", err)
	}
	return time.Duration(user+system) * tick, nil
}

// PeakMemory returns the most memory that the process ever had resident, in
// bytes. It works on Linux alone.
func (c *Child) PeakMemory() (int64, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(c.PID()), "status"))
	if err != nil {
		return 0, fmt.Errorf("read the memory of %s: %w", c.name, err)
	}
	return parsePeak(text)
}

func parsePeak(status []byte) (int64, error) {
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("read the memory of a process: %w", err)
			}
			return kib << 10, nil
		}
	}
	return 0, errors.New("read the memory of a process: it has no VmHWM")
}

// Settle waits until the processes do next to nothing (a twentieth of a
// processor between them), and at most for limit. Where nobody tells what they
// do it waits for two seconds.
func Settle(ctx context.Context, limit time.Duration, children ...*Child) {
	const window = 300 * time.Millisecond
	end := time.Now().Add(limit)
	before, err := sum(children)
	if err != nil {
		sleep(ctx, min(limit, 2*time.Second))
		return
	}
	for ctx.Err() == nil && time.Now().Before(end) {
		sleep(ctx, window)
		after, err := sum(children)
		if err != nil || after-before <= window/20 {
			return
		}
		before = after
	}
}

func sum(children []*Child) (time.Duration, error) {
	var all time.Duration
	for _, c := range children {
		took, err := CPU(c.PID())
		if err != nil {
			return 0, err
		}
		all += took
	}
	return all, nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// Metrics reads a process's metrics in Prometheus's text format and returns
// those without labels.
func Metrics(ctx context.Context, url string) (map[string]float64, error) {
	text, err := get(ctx, url)
	if err != nil {
		return nil, err
	}
	return parseMetrics(string(text)), nil
}

// parseMetrics leaves out what it cannot read.
func parseMetrics(text string) map[string]float64 {
	out := map[string]float64{}
	for line := range strings.Lines(text) {
		name, value, found := strings.Cut(strings.TrimSpace(line), " ")
		if !found || strings.HasPrefix(name, "#") || strings.Contains(name, "{") {
			continue
		}
		if number, err := strconv.ParseFloat(value, 64); err == nil {
			out[name] = number
		}
	}
	return out
}
