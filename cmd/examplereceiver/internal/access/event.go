package access

import (
	"encoding/json"
	"errors"
	"time"
)

// The events that open and shut access. No other lets anybody in.
const (
	granted = "access.granted"
	revoked = "access.revoked"
)

// errIgnored means that an event is not about access.
var errIgnored = errors.New("not about access")

// event is what is read of a hook's body.
type event struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		UserID        string `json:"userId"`
		Access        string `json:"access"`
		AccessVersion int64  `json:"accessVersion"`
	} `json:"data"`
}

// decode reads a body. An event of another type is errIgnored, whatever else it
// holds: types are added. Any other error means that the body can never be taken.
func decode(body []byte) (Word, error) {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(body, &kind); err != nil || kind.Type == "" {
		return Word{}, errors.New("no JSON object with a type")
	}
	if kind.Type != granted && kind.Type != revoked {
		return Word{}, errIgnored
	}
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		// The decoder's own words may quote the body.
		return Word{}, errors.New("a field is of another kind than documented")
	}
	switch {
	case e.Data.UserID == "":
		return Word{}, errors.New("no userId")
	case e.Data.AccessVersion <= 0:
		return Word{}, errors.New("no accessVersion")
	case e.Type == granted && e.Data.Access != "granted":
		// What contradicts itself lets nobody in; a revoke shuts out whatever else it says.
		return Word{}, errors.New("a grant that does not say granted")
	}
	return Word{UserID: e.Data.UserID, Granted: e.Type == granted, Version: e.Data.AccessVersion, Decided: e.Timestamp}, nil
}
