package composecheck_test

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// ours says whether a service runs the product's image.
func ours(s types.ServiceConfig) bool { return s.Build != nil || strings.HasPrefix(s.Image, "admit:") }

// job says whether a service runs once to its end.
func job(s types.ServiceConfig) bool { return s.Restart == types.RestartPolicyNo }

func TestImagesArePinned(t *testing.T) {
	t.Parallel()
	for name, s := range project(t).Services {
		repository, tag, ok := strings.Cut(s.Image, ":")
		switch {
		case !ok || tag == "" || tag == "latest":
			t.Errorf("%s: the image %q is not pinned", name, s.Image)
		case repository == "temporalio/auto-setup":
			t.Errorf("%s: the image %q is deprecated", name, s.Image)
		case ours(s) && s.Build == nil && s.PullPolicy != types.PullPolicyNever, s.Build != nil && s.PullPolicy != types.PullPolicyBuild:
			t.Errorf("%s: pull_policy = %q, so %q may be pulled from a stranger", name, s.PullPolicy, s.Image)
		case !ours(s) && strings.Count(tag, ".") < 1:
			t.Errorf("%s: the tag of %q names no release", name, s.Image)
		}
	}
}

// TestOneServiceBuildsTheImage holds that a tag is written once, for Compose builds
// side by side, and that whoever runs the image brings its builder along.
func TestOneServiceBuildsTheImage(t *testing.T) {
	t.Parallel()
	p := project(t)
	var builders []string
	for name, s := range p.Services {
		if s.Build != nil {
			builders = append(builders, name)
		}
	}
	if len(builders) != 1 {
		t.Fatalf("%v build, want one service", builders)
	}
	builder := builders[0]
	for name, s := range p.Services {
		if !ours(s) || name == builder {
			continue
		}
		if s.Image != p.Services[builder].Image {
			t.Errorf("%s runs %q, %s builds %q", name, s.Image, builder, p.Services[builder].Image)
		}
		if !after(p, name, builder) {
			t.Errorf("%s does not wait for %s, which builds its image", name, builder)
		}
	}
}

// TestBuildIsNamed holds that IMAGE_VERSION is the tag and the version, and that
// without it the Dockerfile is left to find a name.
func TestBuildIsNamed(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{"": "admit:dev", "v1.2.3": "admit:v1.2.3"} {
		env := example(t)
		env["IMAGE_VERSION"] = version
		p, err := compose(t, env)
		if err != nil {
			t.Fatal(err)
		}
		for name, s := range p.Services {
			if ours(s) && s.Image != want {
				t.Errorf("IMAGE_VERSION=%s: %s runs %q, want %q", version, name, s.Image, want)
			}
			if s.Build == nil {
				continue
			}
			if got := s.Build.Args["VERSION"]; got == nil || *got != version {
				t.Errorf("IMAGE_VERSION=%s: the build arguments are %v", version, s.Build.Args.ToMapping())
			}
		}
	}
	if _, ok := example(t)["IMAGE_VERSION"]; !ok {
		t.Error("deploy/env.example does not show IMAGE_VERSION")
	}
}

func TestStartOrder(t *testing.T) {
	t.Parallel()
	p := project(t)
	for name, s := range p.Services {
		for target, d := range s.DependsOn {
			on, ok := p.Services[target]
			switch {
			case !ok:
				t.Errorf("%s depends on %s, which is no service", name, target)
			case job(on) && d.Condition != types.ServiceConditionCompletedSuccessfully:
				t.Errorf("%s waits for %s to be %q, which runs once to its end", name, target, d.Condition)
			case !job(on) && d.Condition != types.ServiceConditionHealthy:
				t.Errorf("%s waits for %s to be %q, not healthy", name, target, d.Condition)
			case !job(on) && !checked(on):
				t.Errorf("%s waits for %s to be healthy, which has no health check", name, target)
			}
		}
	}
	// Each must come, at whatever distance, after the next.
	chain := []string{"admit-worker", "admit-setup", "temporal-namespace", "temporal", "temporal-schema", "postgres"}
	for i := range len(chain) - 1 {
		if !after(p, chain[i], chain[i+1]) {
			t.Errorf("%s does not wait for %s", chain[i], chain[i+1])
		}
	}
	for _, name := range []string{"admit-ingress", "admit-worker"} {
		if !after(p, name, "admit-migrate") {
			t.Errorf("%s does not wait for admit-migrate", name)
		}
	}
}

func checked(s types.ServiceConfig) bool {
	return s.HealthCheck != nil && !s.HealthCheck.Disable && len(s.HealthCheck.Test) > 1
}

// after says whether the service waits for the other, directly or not.
func after(p *types.Project, service, other string) bool {
	for target := range p.Services[service].DependsOn {
		if target == other || after(p, target, other) {
			return true
		}
	}
	return false
}

func TestLongRunningServicesAreWatchedAndBounded(t *testing.T) {
	t.Parallel()
	for name, s := range project(t).Services {
		if job(s) {
			if checked(s) || ours(s) && (s.HealthCheck == nil || !s.HealthCheck.Disable) {
				t.Errorf("%s: a job has no health", name)
			}
			continue
		}
		if s.Restart != types.RestartPolicyUnlessStopped {
			t.Errorf("%s: restart = %q", name, s.Restart)
		}
		if !checked(s) {
			t.Errorf("%s: no health check", name)
		}
		if s.Deploy == nil || s.Deploy.Resources.Limits == nil || s.Deploy.Resources.Limits.MemoryBytes == 0 {
			t.Errorf("%s: no memory limit", name)
		}
		if s.StopGracePeriod == nil || ours(s) && time.Duration(*s.StopGracePeriod) <= 25*time.Second {
			t.Errorf("%s: stop_grace_period = %v", name, s.StopGracePeriod)
		}
	}
}

func TestServicesAreConfined(t *testing.T) {
	t.Parallel()
	for name, s := range project(t).Services {
		if !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s: security_opt = %v", name, s.SecurityOpt)
		}
		// PostgreSQL's image gives its volume to its user and then drops root.
		if name != "postgres" && !slices.Equal(s.CapDrop, []string{"ALL"}) {
			t.Errorf("%s: cap_drop = %v", name, s.CapDrop)
		}
		if ours(s) && !s.ReadOnly {
			t.Errorf("%s: its root file system is writable", name)
		}
		if s.Privileged || s.User == "root" || s.NetworkMode != "" || len(s.CapAdd) > 0 {
			t.Errorf("%s: privileged = %v, user = %q, network_mode = %q, cap_add = %v", name, s.Privileged, s.User, s.NetworkMode, s.CapAdd)
		}
	}
}

// TestMountsExist holds that a bind mount shows something of the repository and
// cannot be written, and that a path a container is given lies in a mount.
func TestMountsExist(t *testing.T) {
	t.Parallel()
	p := project(t)
	for name, s := range p.Services {
		for _, v := range s.Volumes {
			if v.Type == types.VolumeTypeVolume {
				if _, ok := p.Volumes[v.Source]; !ok {
					t.Errorf("%s: no volume %q", name, v.Source)
				}
				continue
			}
			if inside, err := filepath.Rel(root, v.Source); err != nil || strings.HasPrefix(inside, "..") {
				t.Errorf("%s: %s is outside of the repository", name, v.Source)
			}
			if _, err := os.Stat(v.Source); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if !v.ReadOnly {
				t.Errorf("%s: %s can be written", name, v.Target)
			}
		}
	}
	for _, use := range []struct{ service, path string }{
		{"admit-worker", environment(p.Services["admit-worker"])["ADMIT_CONFIG"]},
		{"temporal", environment(p.Services["temporal"])["DYNAMIC_CONFIG_FILE_PATH"]},
		{"temporal-schema", p.Services["temporal-schema"].Entrypoint[1]},
		{"temporal-namespace", p.Services["temporal-namespace"].Entrypoint[1]},
	} {
		source := mounted(p.Services[use.service], use.path)
		if info, err := os.Stat(source); err != nil || !info.Mode().IsRegular() {
			t.Errorf("%s reads %s, which is no file of a mount (%q, %v)", use.service, use.path, source, err)
		}
	}
}

// mounted returns the file of this machine that a container finds at target, "" for
// none.
func mounted(s types.ServiceConfig, target string) string {
	for _, v := range s.Volumes {
		if v.Type != types.VolumeTypeBind {
			continue
		}
		if v.Target == target {
			return v.Source
		}
		if inside, ok := strings.CutPrefix(path.Clean(target), path.Clean(v.Target)+"/"); ok {
			return filepath.Join(v.Source, inside)
		}
	}
	return ""
}
