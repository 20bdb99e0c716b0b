package crm

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// strictJSON reads one JSON object into v, which has no field that the text may not have; what is wrong with it is told in
// Chinese, with the field's name.
func strictJSON(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, after := d.Token(); after != io.EOF {
			return Refuse(ErrInvalid, "规则后面还有别的内容，一次只写一条。")
		}
		return nil
	}
	var wrong *json.UnmarshalTypeError
	var broken *json.SyntaxError
	switch {
	case errors.As(err, &wrong) && wrong.Field == "":
		return Refuse(ErrInvalid, "规则要写成一个 JSON 对象：{\"name\":…, \"when\":…, \"then\":…}。")
	case errors.As(err, &wrong):
		return Refuse(ErrInvalid, "「%s」的值类型不对，要的是%s。", wrong.Field, jsonKind(wrong.Type.Kind().String()))
	case errors.As(err, &broken):
		return Refuse(ErrInvalid, "规则不是正确的 JSON：第 %d 个字节附近写错了。", broken.Offset)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return Refuse(ErrInvalid, "规则没有写完：括号要成对。")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return Refuse(ErrInvalid, "不认识 %s 这一项，请核对写法。", name)
	}
	return Refuse(ErrInvalid, "规则的写法不对，请核对后再试。")
}

// jsonKind is how the writer of a rule calls a kind of value.
func jsonKind(kind string) string {
	switch kind {
	case "string":
		return "文字"
	case "bool":
		return "true 或 false"
	case "slice", "array":
		return "列表"
	case "struct", "map", "ptr":
		return "对象"
	}
	return "数字"
}
