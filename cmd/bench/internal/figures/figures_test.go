package figures_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"admit/cmd/bench/internal/figures"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		in   []float64
		want float64
	}{
		{"one", []float64{3}, 3},
		{"odd", []float64{9, 1, 5}, 5},
		{"even", []float64{4, 1, 3, 2}, 2.5},
		{"an outlier", []float64{1, 1, 1, 1000}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(tc.in)
			if got := figures.Median(tc.in); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
			if !slices.Equal(before, tc.in) {
				t.Errorf("the values were reordered: %v", tc.in)
			}
		})
	}
	if got := figures.Median(nil); !math.IsNaN(got) {
		t.Errorf("the median of nothing is %v", got)
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100-i) * time.Millisecond
	}
	for _, tc := range []struct {
		name string
		in   []time.Duration
		p    float64
		want time.Duration
	}{
		{"nothing", nil, 50, 0},
		{"one", []time.Duration{7}, 99, 7},
		{"half of two", []time.Duration{2, 1}, 50, 1},
		{"p50", hundred, 50, 50 * time.Millisecond},
		{"p99", hundred, 99, 99 * time.Millisecond},
		{"p0", hundred, 0, time.Millisecond},
		{"p100", hundred, 100, 100 * time.Millisecond},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := figures.Percentile(tc.in, tc.p); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestRatios(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		a, b, want []float64
	}{
		{"round by round", []float64{1, 6}, []float64{2, 3}, []float64{0.5, 2}},
		{"a round is missing", []float64{1, 6}, []float64{2}, []float64{0.5}},
		{"a baseline of zero", []float64{1, 6}, []float64{0, 3}, []float64{2}},
		{"nothing", nil, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := figures.Ratios(tc.a, tc.b); !slices.Equal(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	got := figures.Table([][]string{
		{"what", "admit", "target"},
		{"answers", "1,204", "≥ 0.8"},
		{"memory in use", "9"},
	})
	want := "" +
		"what           admit  target\n" +
		"-------------  -----  ------\n" +
		"answers        1,204   ≥ 0.8\n" +
		"memory in use      9\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
