// Checks a log that is served over HTTP with Go's own packages for transparency logs, which share
// nothing with Assent but the specifications: golang.org/x/mod/sumdb/note and tlog.
//
//	ASSENT_KEY=… check_log URL TENANT VKEY RECEIPTS
//
// RECEIPTS is a file of receipts (`meta.receipt` of answers), one a line. Prints what it has
// checked, as JSON; any disagreement ends it with status 1.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error, what ...interface{}) {
	if err != nil {
		fmt.Fprintln(os.Stderr, append(what, err)...)
		os.Exit(1)
	}
}

func require(holds bool, what ...interface{}) {
	if !holds {
		must(fmt.Errorf("does not hold"), what...)
	}
}

type log struct {
	url, tenant string
	key         note.Verifier
}

func (l log) fetch(path string) []byte {
	request, err := http.NewRequest("GET", l.url+path, nil)
	must(err)
	if key := os.Getenv("ASSENT_KEY"); key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := http.DefaultClient.Do(request)
	must(err, path)
	defer response.Body.Close()
	require(response.StatusCode == 200, path, response.Status)
	body, err := io.ReadAll(response.Body)
	must(err, path)
	return body
}

func (l log) page(path string) []byte {
	return l.fetch("/log/" + l.tenant + "/" + path)
}

// The size and root in a signed checkpoint.
func (l log) open(checkpoint string) tlog.Tree {
	opened, err := note.Open([]byte(checkpoint), note.VerifierList(l.key))
	must(err, "checkpoint")
	lines := strings.Split(opened.Text, "\n")
	require(len(lines) == 4 && lines[0] == l.key.Name(), "checkpoint text", opened.Text)
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, "checkpoint size")
	return tlog.Tree{N: size, Hash: hash(lines[2])}
}

func hash(text string) tlog.Hash {
	bytes, err := base64.StdEncoding.DecodeString(text)
	must(err, "hash", text)
	var out tlog.Hash
	require(copy(out[:], bytes) == len(out), "hash", text)
	return out
}

func hashes(texts []string) []tlog.Hash {
	var out []tlog.Hash
	for _, text := range texts {
		out = append(out, hash(text))
	}
	return out
}

// Go writes `tile/8/0/001`; tlog-tiles fixes the height and leaves it out.
func pathOf(tile tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
}

// The entries' hashes, from the bundles.
func (l log) records(size int64) []tlog.Hash {
	var records []tlog.Hash
	for index := int64(0); index*256 < size; index++ {
		width := size - index*256
		if width > 256 {
			width = 256
		}
		tile := tlog.Tile{H: 8, L: 0, N: index, W: int(width)}
		path := strings.Replace(pathOf(tile), "tile/0/", "tile/entries/", 1)
		bundle := l.page(path)
		count := int64(0)
		for ; len(bundle) > 0; count++ {
			length := int(binary.BigEndian.Uint16(bundle))
			records = append(records, tlog.RecordHash(bundle[2:2+length]))
			bundle = bundle[2+length:]
		}
		require(count == width, path, "has", count, "entries")
	}
	return records
}

func (l log) checkTiles(tree tlog.Tree, reader tlog.HashReader) int {
	tiles := tlog.NewTiles(8, 0, tree.N)
	for _, tile := range tiles {
		want, err := tlog.ReadTileData(tile, reader)
		must(err, tile.Path())
		require(string(l.page(pathOf(tile))) == string(want), pathOf(tile), "is not Go's")
	}
	return len(tiles)
}

func (l log) checkProof(index, size int64, records []tlog.Hash) {
	text := string(l.fetch(fmt.Sprintf("/v1/events/%d/proof?size=%d", index, size)))
	head, checkpoint, found := strings.Cut(text, "\n\n")
	require(found, "proof", text)
	lines := strings.Split(head, "\n")
	require(lines[0] == "c2sp.org/tlog-proof@v1" && lines[1] == fmt.Sprintf("index %d", index),
		"proof head", head)
	tree := l.open(checkpoint)
	require(tree.N == size, "proof size")
	must(tlog.CheckRecord(tlog.RecordProof(hashes(lines[2:])), tree.N, tree.Hash, index,
		records[index]), "record", index, "in", size)
}

func (l log) checkGrowth(from, to int64, reader tlog.HashReader) {
	var answer struct{ Data struct{ Proof []string } }
	must(json.Unmarshal(l.fetch(fmt.Sprintf("/v1/log/consistency?from=%d&to=%d", from, to)), &answer))
	older, err := tlog.TreeHash(from, reader)
	must(err)
	newer, err := tlog.TreeHash(to, reader)
	must(err)
	must(tlog.CheckTree(tlog.TreeProof(hashes(answer.Data.Proof)), to, newer, from, older),
		"growth", from, to)
}

type receipt struct {
	Sequence       int64
	LeafHash       string
	Checkpoint     string
	InclusionProof []string
}

func (l log) checkReceipts(file string, records []tlog.Hash) int {
	bytes, err := os.ReadFile(file)
	must(err)
	lines := strings.Split(strings.TrimSpace(string(bytes)), "\n")
	for _, line := range lines {
		var r receipt
		must(json.Unmarshal([]byte(line), &r))
		tree := l.open(r.Checkpoint)
		require(hash(r.LeafHash) == records[r.Sequence], "leaf of receipt", r.Sequence)
		must(tlog.CheckRecord(tlog.RecordProof(hashes(r.InclusionProof)), tree.N, tree.Hash,
			r.Sequence, records[r.Sequence]), "receipt", r.Sequence)
	}
	return len(lines)
}

func main() {
	require(len(os.Args) == 5, "usage: check_log URL TENANT VKEY RECEIPTS")
	key, err := note.NewVerifier(os.Args[3])
	must(err, "verifier key")
	l := log{url: os.Args[1], tenant: os.Args[2], key: key}

	tree := l.open(string(l.page("checkpoint")))
	records := l.records(tree.N)
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, index := range indexes {
			out = append(out, stored[index])
		}
		return out, nil
	})
	for n, record := range records {
		added, err := tlog.StoredHashesForRecordHash(int64(n), record, reader)
		must(err)
		stored = append(stored, added...)
	}
	root, err := tlog.TreeHash(tree.N, reader)
	must(err)
	require(root == tree.Hash, "the entries do not hash to the checkpoint")

	tiles := l.checkTiles(tree, reader)
	random := rand.New(rand.NewSource(1))
	const pairs = 300
	for i := 0; i < pairs; i++ {
		size := 1 + random.Int63n(tree.N)
		l.checkProof(random.Int63n(size), size, records)
		l.checkGrowth(1+random.Int63n(size), size, reader)
	}
	receipts := l.checkReceipts(os.Args[4], records)
	must(json.NewEncoder(os.Stdout).Encode(map[string]int{"entries": len(records), "tiles": tiles,
		"inclusions": pairs, "growths": pairs, "receipts": receipts}))
}
