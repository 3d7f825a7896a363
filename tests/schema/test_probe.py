import pytest, base64, orjson
from tests.schema.api import Api
from graphql_api.accounts.roles import Role
from tests.conftest import KINDS
def show(*a): print('>>', *a)
@pytest.mark.parametrize("maker", KINDS, indirect=True)
async def test_x(api: Api, capsys):
  with capsys.disabled():
    A,U=api.admin,api.user
    async def m(c,name, sel="__typename", **kw):
        a=await c.try_mutate(name, sel, **kw); show(name, str(kw)[:150], str(a.body)[:900])
        return a
    a=await m(A,"createItem","item{id sku}",input={"sku":"A","name":"x","initialStock":0,"minStock":3})
    iid=a.data["createItem"]["item"]["id"]
    await m(A,"createLocation","location{id}",input={"code":"S","name":"x"})
    loc=(await A.query("{locations{id code}}"))["locations"]
    show(loc)
    ref={"sku":"A"}
    bat={"idempotencyKey":"b1","lines":[{"item":ref,"quantity":9,"actionType":"RECEIPT"}]}
    await m(U,"adjustStockBatch","movements{id item{sku}}",input=bat)
    tr={"idempotencyKey":"b2","item":ref,"quantity":2,"from":loc[0]["id"],"to":loc[1]["id"]}
    await m(U,"transferStock","movements{id item{sku}}",input=tr)
    show(await U.query("{alerts{nodes{id itemName status item{sku}}}}"))
    await m(A,"updateItem","item{visibility}",input={"id":iid,"visibility":"ADMINS"})
    a=await U.post("{alerts{totalCount nodes{id itemName status item{sku}}}}"); show(a.body)
    a=await U.post("{alerts(where:{itemIds:[%s]}){totalCount nodes{id itemName status item{sku}}}}"%iid); show(a.body)
    await m(U,"adjustStockBatch","movements{id item{sku}}",input=bat)
    await m(U,"adjustStockBatch","movements{id quantity}",input=bat)
    await m(U,"transferStock","movements{id quantity}",input=tr)
    await m(A,"updateItem","item{visibility}",input={"id":iid,"visibility":"EVERYONE"})
    a=await U.post("{items{nodes{alerts{nodes{id itemName}}}}}"); show(a.body)
    await m(U,"createItem","item{id sku}",input={"sku":"A2","name":"ﷺ"*200})
    await m(U,"createItem","item{id sku}",input={"sku":"ﷺ"*64,"name":"x"})
    await m(U,"createLocation","location{id}",input={"code":"ﷺ"*32,"name":"x"})
    await m(A,"createUser","user{id}",input={"email":"ﷺ"*200+"@a","name":"x","password":"12345678","role":"USER"})
    a=await U.post("mutation{login(input:{email:\"%s\",password:\"x\"}){userErrors{code}}}"%("ﷺ"*300)); show(a.body)
    await m(U,"createItem","item{id sku}",input={"sku":"A3","name":"\U0001F600"*200})
    await m(U,"createItem","item{id sku}",input={"sku":"A4","name":"x","cost":"1"})
    await m(U,"updateItem","item{id sku}",input={"id":iid,"name":"x","cost":None})
    await m(U,"updateItem","item{id sku}",input={"id":iid,"visibility":"EVERYONE"})
    await m(U,"createItem","item{id sku}",input={"sku":"A4","name":"x","location":""})
    await m(U,"createItem","item{id sku}",input={"sku":"A4","name":"x","location":"77"})
    await m(U,"createItem","item{id sku}",input={"sku":"A4","name":"x","initialStock":-1})
    await m(U,"createItem","item{id sku}",input={"sku":"A4","name":"x","unit":""})
    await m(U,"createItem","item{id sku unit}",input={"sku":"A4","name":"x","unit":None,"description":None})
    await m(U,"snoozeAlert","alert{id}",input={"id":"1","until":"2020-01-01T00:00:00Z"})
