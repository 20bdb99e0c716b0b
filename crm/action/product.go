package action

import (
	"context"
	"fmt"
	"strings"

	"gendan/crm"
	"gendan/crm/store"
)

// ProductCreate makes a product known, or says more about one that is.
type ProductCreate struct {
	Product  string     `json:"product" doc:"*产品名"`
	Category string     `json:"category,omitempty" doc:"品类"`
	Price    *crm.Money `json:"price,omitempty" doc:"单价（元）"`
	LifeDays int        `json:"life_days,omitempty" doc:"一件能用多少天"`
}

// shortLife is below how many days a product's life is asked back for.
const shortLife = 7

func productCreate(ctx context.Context, r *run, p *ProductCreate) (*Result, error) {
	made := crm.CatalogProduct{Name: strings.TrimSpace(p.Product), Category: strings.TrimSpace(p.Category), Price: p.Price, LifeDays: p.LifeDays}
	if made.Name == "" {
		return nil, r.ask("product", "产品叫什么名字？")
	}
	if err := crm.CheckProduct(made); err != nil {
		return nil, r.bad("product", err)
	}
	life, price := "", ""
	if made.LifeDays > 0 {
		life = fmt.Sprintf("%d 天", made.LifeDays)
	}
	if made.Price != nil {
		price = made.Price.String()
	}
	if made.LifeDays > 0 && made.LifeDays < shortLife { // 硒鼓能用3天 is a complaint sooner than what everybody is reminded by
		r.risky(fmt.Sprintf("之后会按 %s用完提醒客户复购", life))
	}
	there, err := r.tx.ProductNamed(ctx, made.Name)
	if err != nil && !notFound(err) {
		return nil, err
	}
	if err == nil {
		return r.productMore(there, made, price, life)
	}
	res := &Result{Record: crm.Ref{Kind: crm.KindProduct, Name: made.Name}}
	res.changes(res.Record, "产品", made.Name, "品类", made.Category, "单价", price, "能用", life)
	r.then(func(ctx context.Context) error {
		id, err := r.tx.AddProduct(ctx, made)
		if err != nil {
			return err
		}
		ref := crm.Ref{Kind: crm.KindProduct, ID: int64(id), Name: made.Name}
		res.settle(ref)
		r.audit("product.create", ref, res.Changes)
		r.event("product.created", ref, map[string]any{"name": made.Name, "category": made.Category})
		return nil
	})
	r.title("产品%s", made.Name)
	return res, nil
}

// productMore changes what is known of a product that an order has named, or that somebody made before.
func (r *run) productMore(there store.ProductRow, said crm.CatalogProduct, price, life string) (*Result, error) {
	ref := crm.Ref{Kind: crm.KindProduct, ID: there.ID, Name: there.Name}
	res := &Result{Record: ref}
	var set []store.Col
	if said.Category != "" && said.Category != there.Category {
		set = append(set, store.Col{Name: "category", Value: said.Category})
		res.Changes = append(res.Changes, Change{Record: ref, Field: "品类", Old: there.Category, New: said.Category})
	}
	if said.Price != nil && (there.Price == nil || *there.Price != int64(*said.Price)) {
		old := ""
		if there.Price != nil {
			old = crm.Money(*there.Price).String()
		}
		set = append(set, store.Col{Name: "price", Value: int64(*said.Price)})
		res.Changes = append(res.Changes, Change{Record: ref, Field: "单价", Old: old, New: price})
	}
	if said.LifeDays > 0 && (there.LifeDays == nil || *there.LifeDays != said.LifeDays) {
		old := ""
		if there.LifeDays != nil {
			old = fmt.Sprintf("%d 天", *there.LifeDays)
		}
		set = append(set, store.Col{Name: "life_days", Value: said.LifeDays})
		res.Changes = append(res.Changes, Change{Record: ref, Field: "能用", Old: old, New: life})
	}
	if len(set) == 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("产品「%s」已经有了，没有要改的。", there.Name))
		return res, nil
	}
	r.then(func(ctx context.Context) error {
		if _, err := r.tx.Set(ctx, crm.KindProduct, there.ID, there.Version, set); err != nil {
			return err
		}
		r.audit("product.create", ref, res.Changes)
		return nil
	})
	r.title("产品%s", there.Name)
	return res, nil
}

// ProductList lists what is sold.
type ProductList struct {
	Category string `json:"category,omitempty" doc:"品类"`
}

// ProductListRow is a product in a list.
type ProductListRow struct {
	ID       int64      `json:"id"`
	Name     string     `json:"name"`
	Category string     `json:"category,omitempty"`
	Price    *crm.Money `json:"price,omitempty"` // absent when nobody said it
	LifeDays int        `json:"life_days,omitempty"`
	Orders   int        `json:"orders"` // how often it was ordered
}

// ProductListView is Data of product.list.
type ProductListView struct {
	Category string           `json:"category,omitempty"`
	Rows     []ProductListRow `json:"rows,omitempty"`
	Total    int              `json:"total"`
}

func productList(ctx context.Context, r *run, p *ProductList) (*Result, error) {
	rows, err := r.tx.Products(ctx, p.Category, pageSize, pageSize*r.req.Page)
	if err != nil {
		return nil, err
	}
	v := ProductListView{Category: p.Category}
	for _, row := range rows {
		line := ProductListRow{ID: row.ID, Name: row.Name, Category: row.Category, Orders: row.Orders}
		if row.Price != nil {
			price := crm.Money(*row.Price)
			line.Price = &price
		}
		if row.LifeDays != nil {
			line.LifeDays = *row.LifeDays
		}
		v.Rows, v.Total = append(v.Rows, line), row.Total
	}
	return view(&Result{}, v)
}
