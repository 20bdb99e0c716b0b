package httpapi

import (
	"maps"
	"net/http"
	"strings"
	"sync"

	"gendan/crm"
	"gendan/crm/action"
)

// openAPI describes the door to programs (OpenAPI 3.1), made from the actions themselves.
func (d *Door) openAPI(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, document()) }

type object = map[string]any

var document = sync.OnceValue(func() object {
	paths := object{}
	for _, a := range action.VocabularyOf(crm.Actor{Role: crm.Admin}) { // what only the service itself does is for no caller
		family, _, _ := strings.Cut(a.Name, ".")
		post := object{
			"operationId": strings.ReplaceAll(a.Name, ".", "_"),
			"tags":        []string{family},
			"summary":     a.Doc,
			"security":    []object{{"bearer": []string{}}},
			"parameters":  []object{{"$ref": "#/components/parameters/preview"}},
			"requestBody": object{"required": true, "content": object{"application/json": object{"schema": action.Schema(a.Name)}}},
			"responses":   responses("#/components/schemas/Outcome"),
		}
		if a.Example != "" {
			post["description"] = "在聊天里这样说：" + a.Example
		}
		if a.Write {
			post["parameters"] = []object{{"$ref": "#/components/parameters/preview"}, {"$ref": "#/components/parameters/key"}}
		}
		paths["/api/v1/actions/"+a.Name] = object{"post": post}
	}
	for path, c := range captures {
		paths[path] = object{"post": object{
			"operationId": "capture_" + c.name, "tags": []string{"capture"}, "summary": c.doc,
			"description": "签名：X-Gendan-Signature = \"sha256=\" + hex(HMAC-SHA256(来源的密钥, X-Gendan-Timestamp + \".\" + 正文))，时间戳是 Unix 秒，与服务相差不超过 5 分钟。",
			"parameters": []object{
				header("X-Gendan-Source", "来源的名字", true), header("X-Gendan-Timestamp", "Unix 秒", true), header("X-Gendan-Signature", "sha256=…", true),
				header("Idempotency-Key", "这件事的唯一编号；没有时用正文里的 id", false),
			},
			"requestBody": object{"required": true, "content": object{"application/json": object{"schema": c.schema()}}},
			"responses":   responses("#/components/schemas/Captured"),
		}}
	}
	maps.Copy(paths, couponPaths())
	return object{
		"openapi": "3.1.0",
		"info":    object{"title": "跟单 Gendan", "version": "1", "description": "所有操作与聊天里能做的一样，权限、审计和撤销也一样。"},
		"paths":   paths,
		"components": object{
			"securitySchemes": object{"bearer": object{"type": "http", "scheme": "bearer", "description": "gendan user token 姓名"}},
			"parameters": object{
				"key":     header("Idempotency-Key", "同一个键只做一次，再来得到同一份回执", false),
				"preview": object{"name": "preview", "in": "query", "description": "1：只看会改什么，不改", "schema": object{"type": "string", "enum": []string{"1", "true"}}},
			},
			"schemas": object{
				"Outcome":  outcomeSchema,
				"Coupon":   couponSchema,
				"Captured": object{"type": "object", "properties": object{"id": object{"type": "integer", "description": "编号"}, "replayed": object{"type": "boolean"}}},
				"Error": object{"type": "object", "properties": object{"error": object{"type": "object", "required": []string{"code", "message"}, "properties": object{
					"code": object{"type": "string"}, "message": object{"type": "string"}, "param": object{"type": "string"},
					"options": object{"type": "array", "items": object{"type": "object", "properties": object{"ref": refSchema, "detail": object{"type": "string"}}}},
				}}}},
			},
		},
	}
})

var (
	refSchema     = object{"type": "object", "properties": object{"kind": object{"type": "string"}, "id": object{"type": "integer"}, "name": object{"type": "string"}}}
	outcomeSchema = object{"type": "object", "properties": object{
		"results": object{"type": "array", "items": object{"type": "object", "properties": object{
			"name": object{"type": "string"}, "record": refSchema, "owner": object{"type": "string"}, "data": object{},
			"changes": object{"type": "array", "items": object{"type": "object", "properties": object{
				"record": refSchema, "field": object{"type": "string"}, "old": object{"type": "string"}, "new": object{"type": "string"}}}},
			"notes": object{"type": "array", "items": object{"type": "string"}},
		}}},
		"undo_code": object{"type": "string", "description": "用 undo 撤销"},
		"risk":      object{"type": "string"}, "why": object{"type": "string"}, "replayed": object{"type": "boolean"},
	}}
)

func header(name, doc string, required bool) object {
	return object{"name": name, "in": "header", "description": doc, "required": required, "schema": object{"type": "string"}}
}

func responses(ok string) object {
	wrong := func(doc string) object {
		return object{"description": doc, "content": object{"application/json": object{"schema": object{"$ref": "#/components/schemas/Error"}}}}
	}
	return object{
		"200": object{"description": "做好了", "content": object{"application/json": object{"schema": object{"$ref": ok}}}},
		"401": wrong("密钥或签名不对"), "403": wrong("没有权限"), "404": wrong("没有找到"), "409": wrong("有几个都像，要选一个；或与现状冲突"),
		"413": wrong("太长"), "422": wrong("参数不对或缺少"), "429": wrong("太密"), "500": wrong("我们出了问题"),
	}
}
