package templates

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed */synonyms.json
var synonymFiles embed.FS

// Synonyms is what a trade calls things, for the knowledge base (docs/knowledge.md).
type Synonyms struct {
	Same   [][]string // words that say the same: 运费, 邮费, 快递费
	Near   [][]string // words that are close: 退货, 退款
	Topics [][]string // words that speak of one thing, as food or money
	Apart  [][]string // sides that exclude each other, each of words parted by "|": 打开|启动 and 关闭|关机
}

// LoadSynonyms gives the words of a pack with those of the default pack behind them.
func LoadSynonyms(name string) (Synonyms, error) { return readSynonyms(synonymFiles, name) }

func readSynonyms(files fs.FS, name string) (Synonyms, error) {
	var out Synonyms
	for _, pack := range []string{name, "default"} {
		data, err := fs.ReadFile(files, pack+"/synonyms.json")
		if errors.Is(err, fs.ErrNotExist) && pack != "default" {
			continue
		}
		if err != nil {
			return out, fmt.Errorf("pack %s: %w", pack, err)
		}
		var raw struct {
			Same   []string   `json:"same"`
			Near   []string   `json:"near"`
			Topics []string   `json:"topics"`
			Apart  [][]string `json:"apart"`
		}
		if err := json.Unmarshal(data, &raw); err != nil {
			return out, fmt.Errorf("pack %s: synonyms.json: %w", pack, err)
		}
		for _, line := range raw.Same {
			out.Same = append(out.Same, strings.Fields(line))
		}
		for _, line := range raw.Near {
			out.Near = append(out.Near, strings.Fields(line))
		}
		for _, line := range raw.Topics {
			out.Topics = append(out.Topics, strings.Fields(line))
		}
		out.Apart = append(out.Apart, raw.Apart...)
		if name == "default" {
			break
		}
	}
	return out, nil
}
