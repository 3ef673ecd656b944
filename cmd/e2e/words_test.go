package e2e_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// rejected is P100's report that an attempt was rejected for a reason.
func rejected(user, reason string) string {
	return encode(map[string]string{"externalUserId": user, "verificationStatus": "NOT_VERIFIED", "attemptStatus": "REJECTED_BY_PROVIDER", "rejectionReason": reason})
}

// TestBurstIsOneMail has three things go wrong within a moment: the user is told
// of all that there is to do in one mail, and the timeline shows what it stands for.
func TestBurstIsOneMail(t *testing.T) {
	t.Parallel()
	const settle = 40 * time.Second // far more than three folds take
	box := newPostbox(t)
	s := newSystem(t, options{config: fmt.Sprintf("policy: {jitter: 0s, settle: %v}\n", settle) + box.config()})
	s.serve()
	user := s.user(1)
	address := user + "@example.com"
	s.started(user, map[string]string{"email": address, "locale": "en", "name": "Kim Example"})
	s.settled()
	began := time.Now()
	s.accepted(pathKYC, rejected(user, "NO_FACE_FOUND"))
	s.folded()
	s.accepted(pathPOA, status(user, "REJECTED"))
	s.folded()
	s.accepted(pathKYC, rejected(user, "DOC_EXPIRED"))
	s.folded()
	if took := time.Since(began); took >= settle {
		t.Fatalf("the three reports took %v, longer than the burst may last", took)
	}
	s.settled()
	mails := box.to(address)
	if len(mails) != 1 {
		t.Fatalf("%d mails reached the user, want one: %+v", len(mails), mails)
	}
	mail := mails[0]
	if waited := mail.At.Sub(began); waited < settle {
		t.Errorf("the mail came after %v, before what might follow had settled", waited)
	}
	t.Logf("after %v came one mail:\n%s\n\n%s", mail.At.Sub(began).Round(time.Millisecond), mail.Subject, mail.Text)
	for name, text := range map[string]string{"text": mail.Text, "HTML": mail.HTML} {
		for _, part := range []string{"Kim Example", "no longer valid", "dentity check", "roof of address"} {
			if !strings.Contains(text, part) {
				t.Errorf("its %s does not say %q", name, part)
			}
		}
		if strings.Contains(text, "Your face could not be seen") {
			t.Errorf("its %s says what is not so any more", name)
		}
	}
	var states []string
	for _, e := range s.effects(user, "mail") {
		states = append(states, e.Effect+" "+e.State)
	}
	if got := strings.Join(states, ", "); got != "notify.action_required superseded, notify.action_required superseded, notify.action_required delivered" {
		t.Errorf("the timeline shows %s", got)
	}
}

// TestQuietHours has two users approved at the same moment, one of them at night:
// that one is written to in the morning, and the timeline says so.
func TestQuietHours(t *testing.T) {
	t.Parallel()
	box := newPostbox(t)
	s := newSystem(t, options{config: noJitter + box.config() + "  quiet_hours: \"22:00-07:00\"\n"})
	s.serve()
	night, day := zoneWhere(2), zoneWhere(12)
	asleep, awake := s.user(1), s.user(2)
	for user, zone := range map[string]string{asleep: night, awake: day} {
		s.started(user, map[string]string{"email": user + "@example.com", "locale": "en", "timeZone": zone})
	}
	for _, user := range []string{asleep, awake} {
		s.accepted(pathKYC, kyc(user, "VERIFIED", "SUCCESSFUL"))
	}
	eventually(t, "who is awake gets a mail", func() error {
		if len(box.to(awake+"@example.com")) == 0 {
			return errors.New("none came")
		}
		return nil
	})
	var waits entry
	eventually(t, "the mail to who is asleep waits", func() error {
		for _, waits = range s.effects(asleep, "mail") {
			if waits.State == "waiting" && waits.LastAnswer == "quiet hours" && waits.NextTry != nil {
				return nil
			}
		}
		return fmt.Errorf("the timeline shows %+v", waits)
	})
	zone, err := time.LoadLocation(night)
	if err != nil {
		t.Fatal(err)
	}
	at := waits.NextTry.In(zone)
	t.Logf("in the zone %s it is %s, and the mail waits until %s", night, time.Now().In(zone).Format(time.TimeOnly), at.Format(time.DateTime))
	if clock := at.Format("15:04"); clock < "07:00" || clock > "07:15" || time.Until(at) > 6*time.Hour || waits.Attempts != 0 {
		t.Errorf("it will be tried at %v, after %d attempts", at, waits.Attempts)
	}
	if n := len(box.to(asleep + "@example.com")); n != 0 {
		t.Errorf("%d mails came at night", n)
	}
}

// zoneWhere names a time zone in which it is so many hours after midnight now, some
// minutes aside.
func zoneWhere(hour int) string {
	east := (hour-time.Now().UTC().Hour()+36)%24 - 12
	// In these names what lies to the west has the plus.
	return fmt.Sprintf("Etc/GMT%+d", -east)
}
