package sheet

import (
	"archive/zip"
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestRead(t *testing.T) {
	t.Parallel()
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("客户,状态\n云帆科技,赢单\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, file string
		want       Table
	}{
		{"a mark of UTF-8 is no part of the first name", "\xef\xbb\xbfa,b\n1,2\n", Table{[]string{"a", "b"}, [][]string{{"1", "2"}}}},
		{"GB18030 of Chinese Windows", gb, Table{[]string{"客户", "状态"}, [][]string{{"云帆科技", "赢单"}}}},
		{"UTF-16 of Excel's Unicode text", "\xff\xfea\x00\t\x00b\x00\n\x001\x00\t\x002\x00", Table{[]string{"a", "b"}, [][]string{{"1", "2"}}}},
		{"semicolons, decimal commas inside", "a;b\n\"1,5\";x,y\n2;z\n", Table{[]string{"a", "b"}, [][]string{{"1,5", "x,y"}, {"2", "z"}}}},
		{"short rows, long rows, empty rows and columns without names", "a,\n1\n\n,,\n1,2,3\n", Table{[]string{"a", "column 2", "column 3"}, [][]string{{"1", "", ""}, {"1", "2", "3"}}}},
		{"two columns of one name", "a,a\n1,2\n", Table{[]string{"a", "a 2"}, [][]string{{"1", "2"}}}},
		{"a comma in quotes parts nothing", "a,b\n\"x, y; z; w\",2\n", Table{[]string{"a", "b"}, [][]string{{"x, y; z; w", "2"}}}},
	} {
		got, err := Read([]byte(test.file))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		} else if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s:\n%s", test.name, diff)
		}
	}
}

// TestReadFindsTheHeader: a list may have a title above its header, a workbook a sheet of explanations before the data.
func TestReadFindsTheHeader(t *testing.T) {
	t.Parallel()
	want := Table{[]string{"客户", "状态"}, [][]string{{"云帆", "赢单"}}}
	for name, file := range map[string]string{
		"a title": "二季度商机\n导出于 7 月 1 日,,\n客户, 状态\n云帆,赢单\n",
		"a sheet of explanations": book(t, map[string]string{
			"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row><c r="A1" t="str"><v>说明</v></c></row><row><c r="A2" t="str"><v>状态是结果</v></c></row><row><c r="A3" t="str"><v>完</v></c></row></sheetData></worksheet>`,
			"xl/worksheets/sheet2.xml": `<worksheet><sheetData><row><c r="A1" t="str"><v>客户</v></c><c r="B1" t="str"><v>状态</v></c></row><row><c r="A2" t="str"><v>云帆</v></c><c r="B2" t="str"><v>赢单</v></c></row></sheetData></worksheet>`,
		}),
	} {
		got, err := Read([]byte(file), "状态", "客户")
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"empty":         "",
		"blank lines":   "\n , \n",
		"old Excel":     "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
		"a broken zip":  "PK\x03\x04nothing",
		"another zip":   book(t, map[string]string{"a.txt": "x"}),
		"lost a string": book(t, map[string]string{"xl/worksheets/sheet1.xml": `<worksheet><sheetData><row><c r="A1" t="s"><v>7</v></c></row></sheetData></worksheet>`}),
	} {
		if got, err := Read([]byte(file)); err == nil {
			t.Errorf("%s: read as %v", name, got)
		}
	}
}

// TestReadWorkbook reads what Excel writes: shared and inline strings, runs, dates by style, holes, errors.
func TestReadWorkbook(t *testing.T) {
	t.Parallel()
	got, err := Read([]byte(book(t, map[string]string{
		"xl/sharedStrings.xml": `<sst><si><t>客户</t></si><si><r><t>云帆</t></r><r><t>科技</t></r><rPh><t>yun</t></rPh></si></sst>`,
		"xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/><numFmt numFmtId="177" formatCode="[Red]0.0&quot;day&quot;"/></numFmts>` +
			`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="176"/><xf numFmtId="177"/></cellXfs></styleSheet>`,
		"xl/worksheets/sheet1.xml": `<worksheet><sheetData>` +
			`<row><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>日期</t></is></c><c r="C1" t="str"><v>时间</v></c><c r="E1" t="str"><v>数</v></c></row>` +
			`<row><c r="A2" t="s"><v>1</v></c><c r="B2" s="1"><v>45000</v></c><c r="C2" s="2"><v>45000.75</v></c><c r="E2" s="3"><v>3.5</v></c></row>` +
			`<row><c r="A3" t="e"><v>#N/A</v></c><c r="B3"><v>45000</v></c><c r="E3" t="b"><v>1</v></c></row>` +
			`</sheetData></worksheet>`,
	})))
	if err != nil {
		t.Fatal(err)
	}
	want := Table{[]string{"客户", "日期", "时间", "column 4", "数"}, [][]string{
		{"云帆科技", "2023-03-15", "2023-03-15 18:00:00", "", "3.5"},
		{"", "45000", "", "", "1"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// book packs the parts of a workbook.
func book(t *testing.T, parts map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add := func(name, text string) {
		f, err := z.Create(name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var sheets, relations string
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		add(name, parts[name])
		if file, ok := strings.CutPrefix(name, "xl/"); ok && strings.HasPrefix(file, "worksheets/") {
			sheets += `<sheet name="表" sheetId="1" r:id="` + file + `"/>`
			relations += `<Relationship Id="` + file + `" Target="` + file + `"/>`
		}
	}
	if sheets != "" {
		add("xl/workbook.xml", `<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>`+sheets+`</sheets></workbook>`)
		add("xl/_rels/workbook.xml.rels", `<Relationships>`+relations+`</Relationships>`)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
