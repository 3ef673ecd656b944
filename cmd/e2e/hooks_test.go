package e2e_test

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// hookView is a target as the admin API shows it.
type hookView struct {
	Name, Kind, State, TaskQueue, LastAnswer string
	Access                                   bool
	Failures                                 int
	FailedSince, FailingFrom, NextTry        *time.Time
	Waiting, Parked                          int64
	Pollers                                  *int
}

// target asks for one of the configured targets.
func (s *system) target(name string) (hookView, error) {
	var page struct{ Items []hookView }
	if err := s.getJSON("/v1/hooks", &page); err != nil {
		return hookView{}, err
	}
	for _, v := range page.Items {
		if v.Name == name {
			return v, nil
		}
	}
	return hookView{}, fmt.Errorf("no %s among %+v", name, page.Items)
}

// shows waits until the admin API shows a target as check wants it.
func (s *system) shows(name, what string, check func(hookView) bool) hookView {
	s.t.Helper()
	var v hookView
	eventually(s.t, name+" is "+what, func() (err error) {
		if v, err = s.target(name); err == nil && !check(v) {
			err = fmt.Errorf("it is %+v", v)
		}
		return err
	})
	return v
}

// metric reads one metric of the worker, named with its labels as it is exposed.
func (s *system) metric(name string) (float64, error) {
	status, text, err := s.get("http://"+s.admin+"/metrics", "")
	if err != nil || status != 200 {
		return 0, fmt.Errorf("metrics: %d, %w", status, err)
	}
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+" "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("no metric %s", name)
}

// measures waits until a metric is as check wants it.
func (s *system) measures(name string, check func(float64) bool) {
	s.t.Helper()
	eventually(s.t, "the metric "+name, func() error {
		v, err := s.metric(name)
		if err == nil && !check(v) {
			err = fmt.Errorf("it is %v", v)
		}
		return err
	})
}
