package dingtalk

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"slices"
	"testing"

	"gendan/bot/chat"
)

var update = flag.Bool("update", false, "write card-template.json anew")

type object = map[string]any

// The pieces of the card builder's export format, schema 3.0.0.
var (
	always = object{"type": "dynamicVisible", "value": true, "valueType": "fixed", "condition": object{"op": "and", "conditions": []any{}}}
	noLink = object{"type": "dynamicLink", "value": "", "valueType": "fixed", "variable": "", "variableType": "global"}
)

func when(variable string) object {
	return object{"type": "dynamicVisible", "value": true, "valueType": "condition", "condition": object{"op": "and", "conditions": []any{
		object{"value": "", "op": "isTrue", "variable": variable, "variableType": "global", "type": "variable", "valueType": "fixed", "valueVariableType": "global"}}}}
}

func text(content string) object {
	return object{"type": "dynamicString", "content": content, "i18n": false}
}

func component(kind, id, title string, props object) object {
	return object{"componentName": kind, "id": id, "props": props, "title": title, "hidden": false, "isLocked": false, "condition": true, "conditionGroup": ""}
}

func markdownOf(variable string) object {
	return component("Markdown", "node_"+variable, "Markdown 内容", object{"mdVer": 0, "hoverText": text(""), "visible": when(variable),
		"content":    object{"type": "dynamicMarkdown", "valueType": "variable", "value": "", "variable": variable, "variableType": "global"},
		"marginLeft": 12, "marginRight": 12, "marginTop": 6, "marginBottom": 6, "margin": 12, "innerOffset": 0})
}

func lineOf(variable, color string) object {
	return component("BaseText", "node_"+variable, "基础文本", object{"text": text("${" + variable + "}"), "hoverText": text(""), "visible": when(variable),
		"iconType": "iconCode", "icon": noLink, "darkIcon": noLink, "enableIcon": false, "autoWidth": false, "widthMode": "match_parent",
		"maxLine":       object{"type": "dynamicNumber", "valueType": "fixed", "value": 2, "variable": "", "variableType": "global"},
		"fontColorType": "Standard", "color": color, "gravity": "left", "fontSizeType": "Standard", "styleType": "standard", "styleToken": "common_body_text_style",
		"size": "middle", "bold": false, "italic": false, "strikeThrough": false, "lineHeight": "normal",
		"marginLeft": 12, "marginRight": 12, "marginTop": 6, "marginBottom": 6, "margin": -2, "innerOffset": 0})
}

func variable(name, kind, description string, private bool) object {
	return object{"id": name, "name": name, "type": kind, "description": description, "private": private, "editorVarType": "variables", "disabled": false}
}

// template is our card as the builder exports one.
func template() object {
	kinds := []string{"Card", "CardHeaderV2", "Markdown", "BaseText", "ButtonGroup"}
	var components []any
	for _, k := range kinds {
		components = append(components, object{"package": "@ali/dxComponent", "version": "1.0.0", "exportName": k, "main": "./src/index.tsx", "destructuring": false, "subName": "", "componentName": k})
	}
	buttons := variable("buttons", "buttonGroup", "按钮，只有提问的人看得到", true)
	part := func(name, kind, description string) object {
		v := variable(name, kind, description, true)
		v["id"], v["disabled"] = "buttons."+name, true
		return v
	}
	event, params := part("event", "dynamicEvent", "点击事件"), part("params", "object", "事件参数")
	params["schema"] = []any{part("url", "string", "链接"), part("actionId", "string", "回传请求 id"), part("params", "object", "回传请求参数")}
	event["schema"] = []any{part("type", "string", "sendCardRequest"), params}
	buttons["schema"] = []any{part("text", "string", "按钮文案"), part("color", "string", "按钮颜色"), part("status", "string", "按钮状态"), event}

	root := component("Card", "node_root", "", object{"url": noLink, "actionType": "url", "urlType": "all", "androidUrl": noLink, "pcUrl": noLink, "iosUrl": noLink,
		"linkCondition": always, "disabledWhileForward": true})
	root["fileName"], root["dataSource"] = "gendan", object{"list": []any{}}
	root["children"] = []any{
		component("CardHeaderV2", "node_title", "卡片头部", object{"title": text("${title}"), "icon": object{"url": "", "type": "image"}}),
		markdownOf("body"), markdownOf("body2"), markdownOf("body3"), lineOf("status", "blue"), lineOf("note", "common_level3_base_color"),
		component("ButtonGroup", "node_buttons", "按钮组", object{"dynamicButtons": object{"type": "variableValue", "variableType": "global", "variable": "buttons"},
			"buttonsSource": "variable", "fixedButtonIds": []any{}, "fixedButtons": []any{}, "visible": always, "responsiveLayoutWidth": 350,
			"enableResponsiveLayout": true, "matchContent": false, "buttonSpacing": 8,
			"marginLeft": 12, "marginRight": 12, "marginTop": 6, "marginBottom": 12, "margin": -2, "innerOffset": 0}),
	}
	example, _ := cardParams(chat.Card{ID: "example", Title: "推进商机？", Body: "云帆科技", Fields: []chat.Field{{Name: "阶段", Old: "初步接洽", Value: "方案报价"}},
		Buttons: []chat.Button{{Key: "ok", Text: "确认", Style: "primary"}, {Key: "no", Text: "取消"}}}, false)
	mock := object{}
	for k, v := range example {
		mock[k] = v
	}
	mock["buttons"] = json.RawMessage(example["buttons"])
	return object{"schemaVersion": "3.0.0",
		"schema":   object{"version": "1.0.0", "config": nil, "componentsMap": components, "componentsTree": []any{root}, "i18n": object{}},
		"mockData": object{"cardData": mock, "cardPrivateData": object{}, "localData": object{}, "richTextData": object{}}, "renderContext": object{},
		"editVersion": 0, "customWidgetInfo": "", "useCustomWidgetInfo": false,
		"variableList": []any{
			variable("title", "string", "标题", false), variable("body", "markdown", "正文", false), variable("body2", "markdown", "正文续", false),
			variable("body3", "markdown", "正文再续", false), variable("status", "string", "状态，给人看", false), variable("note", "string", "底部一行", false),
			variable("state", "string", "状态，给程序看", false), variable("card", "string", "卡片编号", false), buttons},
		"formList": []any{}, "customContextList": []any{}, "expList": []any{}, "localList": []any{}, "hsfList": []any{}, "lwpList": []any{}, "pageData": object{},
		"extension": object{"extendType": "NORMAL", "fileTypeList": []any{}}}
}

// The file for the console is made from this test, so that its variables stay those that the adapter fills.
func TestTheCardTemplateHasExactlyOurVariables(t *testing.T) {
	editor, err := json.Marshal(template())
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.MarshalIndent(object{"type": "im", "mode": "card", "widgetInfo": "", "editorData": string(editor)}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("card-template.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("card-template.json")
	if err != nil || string(got) != string(want) {
		t.Errorf("card-template.json is not what this test makes: run with -update (%v)", err)
	}
	var names []string
	for _, v := range template()["variableList"].([]any) {
		names = append(names, v.(object)["name"].(string))
	}
	slices.Sort(names)
	params, ok := cardParams(chat.Card{ID: "c", Title: "t"}, false)
	if filled := slices.Sorted(maps.Keys(params)); !ok || !slices.Equal(names, filled) {
		t.Errorf("template has %v, the adapter fills %v", names, filled)
	}
}
