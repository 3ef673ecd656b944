package cli

import (
	"fmt"

	"admit/cmd/devstack/internal/ports"
	"admit/cmd/devstack/internal/stack"
)

// portFlags are up's flags for the fields of stack.Ports, in their order.
var portFlags = [...]string{"pg-port", "temporal-port", "ui-port", "smtp-port", "mail-port"}

// choosePorts replaces each preferred port that is taken by a free one, and
// says so. A port that was asked for and is taken is an error.
func choosePorts(o upOptions, picker *ports.Picker, std streams) (stack.Ports, error) {
	chosen := o.ports
	fields := [...]*int{&chosen.Postgres, &chosen.Temporal, &chosen.UI, &chosen.SMTP, &chosen.Mail}
	for i, port := range fields {
		pick := picker.Prefer
		if o.exact[portFlags[i]] {
			pick = picker.Exactly
		}
		got, err := pick(*port)
		if err != nil {
			return stack.Ports{}, fmt.Errorf("--%s: %w", portFlags[i], err)
		}
		if *port != 0 && got != *port {
			std.say(std.out, "port %d is taken; --%s is %d\n", *port, portFlags[i], got)
		}
		*port = got
	}
	return chosen, nil
}

// freePorts finds a free port for everything.
func freePorts(picker *ports.Picker) (stack.Ports, error) {
	return choosePorts(upOptions{}, picker, streams{})
}
