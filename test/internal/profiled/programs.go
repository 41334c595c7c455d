package profiled

import (
	"context"
	_ "embed" // for the file that is put into programs
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// buildTimeout bounds the building of one program.
const buildTimeout = 5 * time.Minute

//go:embed listen.go.txt
var listen []byte

// socket is where a program of ours serves, in its working directory.
const socket = "pprof.sock"

// portsFrom is how far above its own port a peer or orderer serves, which keeps it within the hundred ports of
// a local network.
const portsFrom = 50

// fabric is a script that starts a program of Fabric's by its path, with the settings by which it serves
// profiles. It reports false for all other programs.
func fabric(program, path string) (string, bool) {
	settings, is := map[string]string{
		"peer":    "CORE_PEER_PROFILE_ENABLED=true CORE_PEER_PROFILE_LISTENADDRESS=127.0.0.1:$((${CORE_PEER_LISTENADDRESS##*:} + %d))",
		"orderer": "ORDERER_GENERAL_PROFILE_ENABLED=true ORDERER_GENERAL_PROFILE_ADDRESS=127.0.0.1:$((ORDERER_GENERAL_LISTENPORT + %d))",
	}[program]
	if !is {
		return "", false
	}
	return fmt.Sprintf("#!/bin/sh\nexport "+settings+"\nexec %q \"$@\"\n", portsFrom, path), true
}

// ours are our programs of a network: a package in a module of the repository.
func ours() map[string][2]string {
	return map[string][2]string{
		"chaincode": {"chaincode", "."}, "gateway": {"gateway", "./cmd/gateway"}, "mqtt-bridge": {"mqtt-bridge", "./cmd/mqtt-bridge"},
	}
}

// Programs makes bin a folder of programs as built in the repository at root, but such that the processes of a
// network can be profiled.
func Programs(ctx context.Context, root, bin string) error {
	built := filepath.Join(root, ".waymark", "bin")
	entries, err := os.ReadDir(built)
	if err != nil {
		return fmt.Errorf("find the programs: %w", err)
	}
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return fmt.Errorf("make a folder for programs: %w", err)
	}
	for _, entry := range entries {
		from, to := filepath.Join(built, entry.Name()), filepath.Join(bin, entry.Name())
		if own, is := ours()[entry.Name()]; is {
			err = Build(ctx, filepath.Join(root, own[0]), own[1], to)
		} else if script, is := fabric(entry.Name(), from); is {
			err = os.WriteFile(to, []byte(script), 0o700) //nolint:gosec // G306: a program has to be executable
		} else {
			err = os.Symlink(from, to)
		}
		if err != nil {
			return fmt.Errorf("make %s one that can be profiled: %w", entry.Name(), err)
		}
	}
	return nil
}

// Build builds a program, a package of a module, such that it can be profiled.
func Build(ctx context.Context, module, name, to string) error {
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	added, overlay := to+".listen.go", to+".overlay.json"
	replaced, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(module, name, "zz_listen.go"): added}})
	if err != nil {
		return fmt.Errorf("encode what is added: %w", err)
	}
	for path, content := range map[string][]byte{added: listen, overlay: replaced} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return fmt.Errorf("write what is added: %w", err)
		}
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-overlay", overlay, "-o", to, name) //nolint:gosec // our own programs
	cmd.Dir, cmd.Env = module, append(os.Environ(), "GOWORK=off")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", name, err, said)
	}
	return nil
}
