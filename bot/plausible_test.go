package bot

import "testing"

func TestCouldBeNamed(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]bool{
		"云帆": true, "上海云帆科技": true, "58同城": true, "1号店": true, "今天国际": true, "360": false, "全聚德": true, "所有人": false, "全公司": false, "-5万": false,
		"80万，提醒我打给王强": false, "的有几个": false, "掉这个": false, "上个月": false, "大家乐": true, "几何科技": true, "#1012": true, "": true,
	} {
		if got := couldBeNamed(said); got != want {
			t.Errorf("couldBeNamed(%q) = %v", said, got)
		}
	}
}

func TestAnswersOfNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		param, said string
		want        bool
	}{
		{"contact", "刘工", true}, {"contact", "欧阳文静", true}, {"contact", "Wang Qiang", true}, {"contact", "加个备注 胡总喜欢喝茶", false},
		{"contact", "胡总，采购经理", false}, {"customer", "谈判阶段的有几个", false}, {"customer", "云帆 科技", true}, {"content", "的有几个", true},
	} {
		if got := answers(c.param, c.said); got != c.want {
			t.Errorf("answers(%s, %q) = %v", c.param, c.said, got)
		}
	}
}
